import { spawnSync } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { findDagSource } from "#core/database/console-dags.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { listDagWarnings } from "#core/database/dag-warnings.ts";
import { isParsingFinished, requestParsing } from "#core/database/parsing-requests.ts";
import { makeHome, runAirflow } from "#test/cli/helpers/run-airflow.ts";
import { startTestScheduler, type TestScheduler } from "../support.ts";
import { dagFile, fails, findDag, importError, loads } from "./support.ts";
import { makeZip } from "./zip.ts";

async function parseAgain(scheduler: TestScheduler, file: string): Promise<void> {
  const id = await requestParsing(scheduler.database, file);
  await scheduler.until("it is answered", () => isParsingFinished(scheduler.database, id));
}

test.serial("the modules at an archive's root are DAG files of their own", async (t) => {
  await using scheduler = await startTestScheduler();
  const good = `import { suffix } from "./lib/suffix.ts";\n${dagFile("packed", "new Dag('packed_' + suffix);")}`;
  const lib = { name: "lib/suffix.ts", text: 'export const suffix = "one";\n' };
  const deep = { name: "lib/other.ts", text: dagFile("not_at_the_root") };
  const bad = { name: "bad.ts", text: '// dag of daisy\n\nthrow new Error("packed wrongly");\n' };
  await scheduler.write("pack.zip", makeZip([{ name: "good.ts", text: good }, lib, deep, bad]));
  await loads(scheduler, "packed_one");
  t.like(await findDag(scheduler, "packed"), {
    relative_fileloc: "pack.zip/good.ts",
    fileloc: join(scheduler.dagsFolder, "pack.zip/good.ts"),
  });
  t.regex(await fails(scheduler, "pack.zip/bad.ts"), /^pack\.zip\/bad\.ts:3: packed wrongly\n/);
  t.is((await findDagSource(scheduler.database, "packed"))?.source, good);

  const changed = { ...lib, text: lib.text.replace('"one"', '"two"') };
  await scheduler.write("pack.zip", makeZip([{ name: "good.ts", text: good }, changed]));
  await loads(scheduler, "packed_two");
  t.true((await findDag(scheduler, "packed_one"))?.is_stale);
  await scheduler.until(
    "the error is gone",
    async () => (await importError(scheduler, "pack.zip/bad.ts")) === undefined,
  );

  await scheduler.write("pack.zip", makeZip([{ name: "good.ts", text: good }, changed]).subarray(0, 60));
  t.regex(await fails(scheduler, "pack.zip"), /^pack\.zip: the archive cannot be read: /);
  await rm(join(scheduler.dagsFolder, "pack.zip"));
  await scheduler.until("its DAGs are stale", async () => (await findDag(scheduler, "packed"))?.is_stale === true);
  await scheduler.until("no error is left", async () => (await importError(scheduler, "pack.zip")) === undefined);
  t.is(await findDag(scheduler, "not_at_the_root"), undefined);
});

test.serial(
  "a file with random ids, the time and no order, parsed twenty times, makes one version and a warning",
  async (t) => {
    await using scheduler = await startTestScheduler();
    const { database } = scheduler;
    const text = `
import { Dag } from "daisy";
const words = ["a", "b", "c", "d"].sort(() => Math.random() - 0.5);
const dag = new Dag("unstable", { startDate: new Date(), tags: words });
dag.task("task_" + Math.random().toString(36).slice(2), async () => 1)();
for (const word of words) dag.task(word, async () => 1)();
`;
    await scheduler.write("unstable.ts", text);
    await loads(scheduler, "unstable");
    await createManualRun(database, { dagId: "unstable", triggeredBy: "test" });
    for (let n = 0; n < 20; n++) await parseAgain(scheduler, "unstable.ts");
    t.like(await findDag(scheduler, "unstable"), { versions: 1, version_number: 1 });
    const { rows } = await listDagWarnings(database, { dagId: "unstable" }, { limit: 10, offset: 0, orderBy: [] });
    t.is(rows[0]?.warning_type, "runtime varying value");
    t.is(await importError(scheduler, "unstable.ts"), undefined);
  },
);

test.serial("dag_version_inflation_check_level = error makes an import error of it", async (t) => {
  await using scheduler = await startTestScheduler({
    dag_processor: { dag_version_inflation_check_level: "error" },
  });
  await scheduler.write("unstable.ts", dagFile("unstable", 'new Dag("other", { startDate: new Date() });'));
  await loads(scheduler, "other");
  await parseAgain(scheduler, "unstable.ts");
  t.regex(await fails(scheduler, "unstable.ts"), /^Dag 'other' differs each time its file is loaded, by start_date/);
});

test.serial("what a file reads while it is loaded is read again when min_file_process_interval is over", async (t) => {
  await using scheduler = await startTestScheduler({ scheduler: { min_file_process_interval: 1 } });
  await mkdir(join(scheduler.dagsFolder, "..", "data"));
  await scheduler.write("../data/name.txt", "first");
  await scheduler.write(
    "reads.ts",
    'import { readFileSync } from "node:fs";\nimport { Dag } from "daisy";\nnew Dag(readFileSync(new URL("../data/name.txt", import.meta.url), "utf8"));\n',
  );
  await loads(scheduler, "first");
  await scheduler.write("../data/name.txt", "second");
  await loads(scheduler, "second");
  t.true((await findDag(scheduler, "first"))?.is_stale);
});

test.serial("airflow dags reserialize has all files loaded again, and waits for it", async (t) => {
  await using scheduler = await startTestScheduler();
  await scheduler.write("a.ts", dagFile("a"));
  await loads(scheduler, "a");
  await scheduler.database.query("update dag set owners = 'nobody'");
  await using home = await makeHome();
  const env = { AIRFLOW_HOME: home.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: scheduler.url };
  const outcome = await runAirflow(["dags", "reserialize"], env);
  t.deepEqual(outcome, { code: 0, stdout: "Files loaded again: 1\n", stderr: "" });
  const { rows } = await scheduler.database.query("select owners from dag");
  t.deepEqual(rows, [{ owners: "airflow" }]);
});

/** `DAISY_DAG_FILES=1000` for the large one. */
const FILES = Number(process.env.DAISY_DAG_FILES ?? 80);

/** Ways to be no good DAG file; each is half of nothing, and none may hold up or spoil another. */
const BAD: readonly (readonly [text: string | Buffer, expected: RegExp])[] = [
  ["// dag daisy\nlet = ;\n", /^bad\d+\.ts:2: /],
  ["// dag daisy\nthrow new Error('no');\n", /^bad\d+\.ts:2: no\n/],
  [Buffer.from("// dag daisy caf\xe9\n", "latin1"), /^bad\d+\.ts:1: the file is not UTF-8 text/],
  ["// dag daisy\nprocess.exit(3);\n", /^bad\d+\.ts: the process ended with exit code 3/],
  ["// dag daisy\nimport './nowhere.ts';\n", /^bad\d+\.ts:2: Could not resolve "\.\/nowhere\.ts"/],
  ["// dag daisy\nPromise.reject(new Error('late'));\n", /^bad\d+\.ts:2: late\n/],
];
const HANGS = "// dag daisy\nfor (;;) console.log('x'.repeat(1000));\n";
/** What nobody reads in time piles up in the process: on a slow machine that comes first. */
const HANGS_EXPECTED = /^DagBag import timeout for .* after 8s\.$|: the process ran out of memory of 400 MB/;
const EATS = "// dag daisy\nconst all = []; for (;;) all.push(Buffer.alloc(10_000_000, 1));\n";

test.serial("of many files half are broken, and the others are loaded as if they were alone", async (t) => {
  t.timeout(60_000 + FILES * 2_000);
  await using scheduler = await startTestScheduler({
    core: { dagbag_import_timeout: 8 },
    dag_processor: { dag_file_memory_limit: 400 },
  });
  await scheduler.stop();
  const good = Array.from({ length: FILES / 2 }, (_, n) => `good${n}`);
  const bad = Array.from({ length: FILES / 2 }, (_, n) => n);
  for (const id of good) await scheduler.write(`${id}.ts`, dagFile(id));
  for (const n of bad) await scheduler.write(`bad${n}.ts`, BAD[n % BAD.length]![0]);
  for (const n of [1, 2, 3]) await scheduler.write(`a_hangs${n}.ts`, HANGS);
  await scheduler.write("a_eats.ts", EATS);
  await mkdir(join(scheduler.dagsFolder, "folder.ts"));
  spawnSync("mkfifo", [join(scheduler.dagsFolder, "a_pipe.ts"), join(scheduler.dagsFolder, "a_pipe.zip")]);
  await symlink("nowhere", join(scheduler.dagsFolder, "a_dangling.ts"));
  scheduler.start();
  const count = async (table: string) => {
    const { rows } = await scheduler.database.query<{ count: number }>(`select count(*)::int as count from ${table}`);
    return rows[0]!.count;
  };
  // Step by step: each gets the time that waiting for one thing has.
  for (let n = 20; n <= FILES; n += 20) {
    await scheduler.until(`${n} are looked at`, async () => (await count("dag")) + (await count("import_error")) >= n);
  }
  await scheduler.until("all good ones are loaded", async () => (await count("dag")) === good.length);
  for (let n = 20; n <= FILES / 2; n += 20) {
    await scheduler.until(`${n} are told`, async () => (await count("import_error")) >= n);
  }
  await scheduler.until("all bad ones are told", async () => (await count("import_error")) === bad.length + 6);
  t.is(await count("dag where has_import_errors or is_stale"), 0);
  for (const n of bad) t.regex((await importError(scheduler, `bad${n}.ts`)) ?? "", BAD[n % BAD.length]![1]);
  for (const n of [1, 2, 3]) {
    t.regex((await importError(scheduler, `a_hangs${n}.ts`)) ?? "", HANGS_EXPECTED);
  }
  t.regex((await importError(scheduler, "a_eats.ts")) ?? "", /the process ran out of memory of 400 MB/);
});
