import { existsSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { isParsingFinished, requestParsing } from "#core/database/parsing-requests.ts";
import { startTestScheduler } from "../support.ts";
import { dagFile, fails, findDag, importError, loads } from "./support.ts";

const BROKEN: readonly { title: string; text: string | Buffer; expected: RegExp }[] = [
  {
    title: "a syntax error is told with file and line",
    text: 'import { Dag } from "daisy";\nconst dag = new Dag("x";\n',
    expected: /^broken\.ts:2: Expected "\)" but found ";"\n.*new Dag\("x";/,
  },
  {
    title: "an error at load is told with file and line of the TypeScript source",
    text: 'import { Dag } from "daisy";\ninterface A { b: string }\nfunction fail(a: A) {\n  throw new Error("boom " + a.b);\n}\nfail({ b: "dag" });\n',
    expected: /^broken\.ts:4: boom dag\n[\s\S]*at fail \(broken\.ts:4:\d+\)[\s\S]*broken\.ts:6/,
  },
  {
    title: "a file that ends the process is told",
    text: "// airflow dag\nprocess.exit(0);\n",
    expected: /^broken\.ts: the process ended with exit code 0 while the file was loaded/,
  },
  {
    title: "a file that loops for ever is killed",
    text: "// airflow dag\nfor (;;) {}\n",
    expected: /^DagBag import timeout for .*\/broken\.ts after 2s\.$/,
  },
  {
    title: "a file that awaits for ever is killed",
    text: "// airflow dag\nawait new Promise((resolve) => setTimeout(resolve, 1e6));\n",
    expected: /^DagBag import timeout for .*\/broken\.ts after 2s\.$/,
  },
  {
    title: "a cron expression out of range is told",
    text: 'import { Dag } from "daisy";\nnew Dag("x", { schedule: "0 0 1 13 0" });\n',
    expected: /^broken\.ts:2: Dag "x": Invalid Cron expression: \[0 0 1 13 0\] is not acceptable, out of range/,
  },
  {
    title: "an end date before the start date is told",
    text: 'import { Dag } from "daisy";\nnew Dag("x", { startDate: new Date("2024-02-01"), endDate: new Date("2024-01-01") });\n',
    expected: /endDate of Dag "x" is 2024-01-01T00:00:00.000Z, before its startDate 2024-02-01T00:00:00.000Z/,
  },
  {
    title: "a date that is none is told",
    text: 'import { Dag } from "daisy";\nnew Dag("x", { startDate: new Date("tomorrow") });\n',
    expected: /startDate for Dag "x" must be a valid Date, not an invalid Date/,
  },
  {
    title: "a task's end before its start is refused",
    text: 'import { Dag } from "daisy";\nconst dag = new Dag("x");\ndag.task("a", async () => 1, { startDate: new Date("2024-02-01"), endDate: new Date("2024-01-01") })();\n',
    expected:
      /endDate of task "a" of Dag "x" is 2024-01-01T00:00:00.000Z, before its startDate 2024-02-01T00:00:00.000Z/,
  },
  {
    title: "a delta that is not positive is told",
    text: 'import { Dag, deltaTrigger } from "daisy";\nnew Dag("x", { schedule: deltaTrigger(-60) });\n',
    expected: /^broken\.ts:2: schedule interval must be positive, not -60 seconds/,
  },
  {
    title: "a package that cannot be found is told",
    text: 'import { Dag } from "daisy";\nimport x from "no-such-package";\nnew Dag("x" + x);\n',
    expected: /^broken\.ts:2: Could not resolve "no-such-package"/,
  },
  {
    title: "a misspelled import is told with what was meant",
    text: 'import { Dag,\n  tiggerDagRun } from "apache-airflow-ts-sdk";\nnew Dag("x");\ntiggerDagRun();\n',
    expected:
      /^broken\.ts:2: "apache-airflow-ts-sdk" has no export named "tiggerDagRun"; did you mean "triggerDagRun"\?$/,
  },
  {
    title: "a name that another module has not is told",
    text: 'import { Dag } from "daisy";\nimport { readFil } from "node:fs";\nnew Dag("x" + readFil);\n',
    expected: /^broken\.ts:2: "node:fs" has no export named "readFil"$/,
  },
  {
    title: "a promise that is rejected at load, and that nobody awaits, is told",
    text: 'import { Dag } from "daisy";\nnew Dag("x");\nPromise.reject(new Error("nobody awaits me"));\n',
    expected: /^broken\.ts:3: nobody awaits me\n/,
  },
  {
    title: "text that is not UTF-8 is told",
    text: Buffer.from('import { Dag } from "daisy";\nnew Dag("x", { description: "caf\xe9" });\n', "latin1"),
    expected: /^broken\.ts:2: the file is not UTF-8 text/,
  },
  {
    title: "UTF-16, which some editors write, is told",
    text: Buffer.from('\ufeffimport { Dag } from "daisy";\nnew Dag("x");\n', "utf16le"),
    expected: /^broken\.ts:1: the file is not UTF-8 text/,
  },
  {
    title: "what is not supported is refused",
    text: 'import { Dag } from "daisy";\nconst dag = new Dag("x");\ndag.task("a", async () => 1, { executor: "x" })();\n',
    expected: /executor of task "a" of Dag "x" is not supported/,
  },
  {
    title: "two DAGs with one id in one file are refused",
    text: 'import { Dag } from "daisy";\nnew Dag("x");\nnew Dag("x");\n',
    expected: /The file has two DAGs with the id x/,
  },
];

/** Mistakes that show when the file has been read: the line is that of the declaration. */
const BROKEN_DAGS: readonly [title: string, lines: readonly string[], expected: RegExp][] = [
  [
    "a task that is never called",
    ['dag.task("t", () => 1);'],
    /^dags\.ts:4: Dag "x": Task "t" of Dag "x" is never called/,
  ],
  [
    "a cycle",
    ['const a = dag.task("a", () => 1)();', 'const b = dag.task("b", () => 1)().after(a);', "a.after(b);"],
    /^dags\.ts:4: Dag "x": Dag "x" has a cycle: a >> b >> a\./,
  ],
  [
    "an option of another type",
    ['dag.task("ok", () => 1)();', 'dag.task("t", () => 1, { retries: "3" as never })();'],
    /^dags\.ts:5: Dag "x": retries for task "t" of Dag "x" must be a finite number, not a string/,
  ],
  [
    "a trigger rule that there is not",
    ['dag.task("ok", () => 1)();', 'dag.task("t", () => 1, { triggerRule: "sometimes" as never })();'],
    /^dags\.ts:5: Dag "x": triggerRule of task "t" of Dag "x" must be one of /,
  ],
  [
    "a literal that JSON cannot carry",
    ['dag.task("t", (_: { at: Date }) => 1)({ at: new Date() as never });'],
    /^dags\.ts:4: Dag "x": Input "at" of task "t" of Dag "x" holds a Date, which JSON cannot carry/,
  ],
  ["a second DAG of the same id", ['new Dag("x");'], /^dags\.ts:4: Dag "x": The file has two DAGs with the id x/],
  [
    "a template file that is not there",
    ['dag.task("t", bash({ bashCommand: "nowhere.sh" }))();'],
    /^dags\.ts:4: Dag "x": TemplateNotFound: nowhere\.sh/,
  ],
];

test.serial(
  "a DAG that is declared wrongly is told with its line, and the others of the file are loaded",
  async (t) => {
    await using scheduler = await startTestScheduler();
    const file = (id: string, lines: readonly string[]) =>
      ['import { bash, Dag } from "daisy";', `new Dag("${id}");`, 'const dag = new Dag("x");', ...lines].join("\n");
    await scheduler.write("dags.ts", file("old", ['dag.task("t", () => 1)();']));
    await loads(scheduler, "x");
    for (const [index, [title, lines, expected]] of BROKEN_DAGS.entries()) {
      await scheduler.write("dags.ts", file(`other${index}`, lines));
      await loads(scheduler, `other${index}`);
      t.regex((await importError(scheduler, "dags.ts"))!, expected, title);
    }
    for (const id of ["x", "old"])
      t.like(await findDag(scheduler, id), { is_stale: false, has_import_errors: true }, id);
    await scheduler.write("dags.ts", file("last", []));
    await scheduler.until("the error ends", async () => (await importError(scheduler, "dags.ts")) === undefined);
    t.like(await findDag(scheduler, "x"), { is_stale: false, has_import_errors: false });
    t.like(await findDag(scheduler, "old"), { is_stale: true });
  },
);

for (const { title, text, expected } of BROKEN) {
  test.serial(`${title}, and the good version stays`, async (t) => {
    await using scheduler = await startTestScheduler({ core: { dagbag_import_timeout: 2 } });
    await scheduler.write("broken.ts", dagFile("good"));
    await loads(scheduler, "good");
    await scheduler.write("broken.ts", text);
    t.regex(await fails(scheduler, "broken.ts"), expected);
    t.like(await findDag(scheduler, "good"), { is_stale: false, has_import_errors: true, versions: 1 });
    await scheduler.write("broken.ts", dagFile("good", "// repaired"));
    await scheduler.until("the error ends", async () => (await importError(scheduler, "broken.ts")) === undefined);
    t.like(await findDag(scheduler, "good"), { is_stale: false, has_import_errors: false });
  });
}

test.serial("the examples load in a home that has no dags folder yet", async (t) => {
  await using scheduler = await startTestScheduler({ core: { load_examples: true } });
  await scheduler.stop();
  await rm(scheduler.dagsFolder, { recursive: true });
  await scheduler.database.query("truncate dag cascade");
  scheduler.start();
  await loads(scheduler, "example_greet");
  t.is(await importError(scheduler, "examples//example_greet.ts"), undefined);
});

test.serial("a file that is saved is loaded before the broken ones are tried again", async (t) => {
  await using scheduler = await startTestScheduler({ scheduler: { max_threads: 1 } });
  const broken = Array.from({ length: 12 }, (_, n) => `broken${n}.ts`);
  // Written while nobody looks: nothing is left to be tried again when the good file comes.
  await scheduler.stop();
  for (const file of broken) await scheduler.write(file, "// dag of daisy\nthrow new Error('broken');\n");
  scheduler.start();
  for (const file of broken) await fails(scheduler, file);
  const before = scheduler.lines.length;
  await scheduler.write("good.ts", dagFile("good"));
  await scheduler.until("it is loaded", async () => scheduler.lines.some((line) => line.includes("Loaded good.ts")));
  const loadedAt = scheduler.lines.findIndex((line) => line.includes("Loaded good.ts"));
  const triedFirst = scheduler.lines.slice(before, loadedAt).filter((line) => line.includes("Failed to import"));
  t.true(triedFirst.length < broken.length, `${triedFirst.length} broken files came first`);
});

test.serial("after a start, a good file does not wait for those that were broken", async (t) => {
  await using scheduler = await startTestScheduler({ scheduler: { max_threads: 1 } });
  const broken = Array.from({ length: 12 }, (_, n) => `broken${n}.ts`);
  for (const file of broken) await scheduler.write(file, "// dag of daisy\nthrow new Error('broken');\n");
  await scheduler.write("good.ts", dagFile("good"));
  for (const file of broken) await fails(scheduler, file);
  await loads(scheduler, "good");
  await scheduler.stop();
  const before = scheduler.lines.length;
  scheduler.start();
  await scheduler.until("it is loaded", async () =>
    scheduler.lines.slice(before).some((line) => line.includes("Loaded good.ts")),
  );
  const lines = scheduler.lines.slice(before);
  const first = lines.slice(
    0,
    lines.findIndex((line) => line.includes("Loaded good.ts")),
  );
  const triedFirst = first.filter((line) => line.includes("Failed to import"));
  // Those that were begun before the good one was seen, and those that were told of while it was stored.
  t.true(triedFirst.length < broken.length / 2, `${triedFirst.length} broken files came first`);
});

test.serial("a file that is deleted while it is loaded leaves nothing behind", async (t) => {
  await using scheduler = await startTestScheduler({
    core: { dagbag_import_timeout: 2 },
    scheduler: { max_threads: 1 },
  });
  const started = join(scheduler.dagsFolder, "started.txt");
  const file = `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(started)}, "daisy dag");\nwhile (true);\n`;
  await scheduler.write("loops.ts", file);
  await scheduler.until("it is being loaded", async () => existsSync(started));
  await rm(join(scheduler.dagsFolder, "loops.ts"));
  // There is one process: this one comes after it.
  await scheduler.write("next.ts", dagFile("next"));
  await loads(scheduler, "next");
  t.is(await importError(scheduler, "loops.ts"), undefined);
});

test.serial("an edit of what a file imports has the file loaded again", async (t) => {
  await using scheduler = await startTestScheduler();
  await scheduler.write("lib/helper.ts", "export const suffix = 'one';\n");
  await scheduler.write(
    "main.ts",
    'import { Dag } from "daisy";\nimport { suffix } from "./lib/helper.ts";\nnew Dag("main_" + suffix);\n',
  );
  await loads(scheduler, "main_one");
  await scheduler.write("lib/helper.ts", "export const suffix = 'two';\n");
  await loads(scheduler, "main_two");
  t.true((await findDag(scheduler, "main_one"))?.is_stale);
  t.is(await importError(scheduler, "lib/helper.ts"), undefined);
});

test.serial("a deleted file's DAG is stale, and comes back with the file", async (t) => {
  await using scheduler = await startTestScheduler();
  await scheduler.write("a.ts", dagFile("a"));
  await loads(scheduler, "a");
  await rm(join(scheduler.dagsFolder, "a.ts"));
  await scheduler.until("a is stale", async () => (await findDag(scheduler, "a"))?.is_stale === true);
  await scheduler.write("sub/a.ts", dagFile("a"));
  await scheduler.until("a is back", async () => (await findDag(scheduler, "a"))?.is_stale === false);
  t.is((await findDag(scheduler, "a"))?.relative_fileloc, "sub/a.ts");
});

test.serial("a file that is deleted while no scheduler runs is noticed at the next start", async (t) => {
  await using scheduler = await startTestScheduler();
  await scheduler.write("a.ts", dagFile("a"));
  await scheduler.write("other.ts", dagFile("other"));
  await loads(scheduler, "a");
  await loads(scheduler, "other");
  await scheduler.stop();
  await rm(join(scheduler.dagsFolder, "a.ts"));
  scheduler.start();
  await scheduler.until("a is stale", async () => (await findDag(scheduler, "a"))?.is_stale === true);
  t.false((await findDag(scheduler, "other"))?.is_stale);
});

test.serial("a DAG id that another file has is an import error, until that file is gone", async (t) => {
  await using scheduler = await startTestScheduler();
  await scheduler.write("first.ts", dagFile("twin"));
  await loads(scheduler, "twin");
  await scheduler.write("second.ts", dagFile("twin", 'new Dag("other");'));
  const folder = scheduler.dagsFolder;
  t.is(
    await fails(scheduler, "second.ts"),
    `Ignoring DAG twin from ${folder}/second.ts - also found in ${folder}/first.ts`,
  );
  await loads(scheduler, "other");
  t.like(await findDag(scheduler, "twin"), { relative_fileloc: "first.ts", versions: 1 });
  await rm(join(folder, "first.ts"));
  await scheduler.until(
    "the second file has it",
    async () => (await findDag(scheduler, "twin"))?.relative_fileloc === "second.ts",
  );
  t.is(await importError(scheduler, "second.ts"), undefined);
});

test.serial("a renamed file keeps its DAG and its version", async (t) => {
  await using scheduler = await startTestScheduler();
  await scheduler.write("a.ts", dagFile("a"));
  await loads(scheduler, "a");
  await rename(join(scheduler.dagsFolder, "a.ts"), join(scheduler.dagsFolder, "b.ts"));
  await scheduler.until("b.ts has it", async () => (await findDag(scheduler, "a"))?.relative_fileloc === "b.ts");
  t.is(await importError(scheduler, "b.ts"), undefined);
  t.false((await findDag(scheduler, "a"))?.is_stale);
});

test.serial("a file parsed twenty times gives one version, and each request is answered", async (t) => {
  await using scheduler = await startTestScheduler();
  await scheduler.write("a.ts", dagFile("a"));
  await loads(scheduler, "a");
  for (let i = 0; i < 20; i++) {
    const id = await requestParsing(scheduler.database, "a.ts");
    await scheduler.until("it is answered", () => isParsingFinished(scheduler.database, id));
  }
  t.is((await findDag(scheduler, "a"))?.versions, 1);
  const { rows } = await scheduler.database.query("select dag_version_id from dag where dag_id = 'a'");
  await createManualRun(scheduler.database, { dagId: "a", triggeredBy: "test" });
  await scheduler.write("a.ts", dagFile("a", 'dag.task("more", async () => 2)();'));
  await loads(scheduler, "a", 2);
  const { rows: runs } = await scheduler.database.query("select dag_version_id from dag_run");
  t.deepEqual(runs, rows);
});

test.serial("a request for a file that is being written is answered when what was written is loaded", async (t) => {
  await using scheduler = await startTestScheduler();
  const isToBeWritten = join(scheduler.config.home, "write-now");
  // As it is read it seems to hold nothing, and it is another file when that is known.
  const file = `
    import { existsSync, rmSync, writeFileSync } from "node:fs";
    import { Dag } from "daisy";
    if (existsSync(${JSON.stringify(isToBeWritten)})) {
      rmSync(${JSON.stringify(isToBeWritten)});
      writeFileSync(${JSON.stringify(join(scheduler.dagsFolder, "a.ts"))}, ${JSON.stringify(dagFile("after"))});
    } else {
      new Dag("before");
    }`;
  await scheduler.write("a.ts", file);
  await loads(scheduler, "before");
  await writeFile(isToBeWritten, "");
  const id = await requestParsing(scheduler.database, "a.ts");
  await scheduler.until("it is answered", () => isParsingFinished(scheduler.database, id));
  t.like(await findDag(scheduler, "after"), { is_stale: false, versions: 1 });
  t.false(existsSync(isToBeWritten));
});

test.serial(
  "a request is answered by the load that ends well, when the database refuses what one brought",
  async (t) => {
    await using scheduler = await startTestScheduler();
    await scheduler.write("a.ts", dagFile("a"));
    await loads(scheduler, "a");
    await scheduler.database.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'not now'; end $$;
    create trigger refuse before insert or update on dag for each row execute function refuse()`);
    const id = await requestParsing(scheduler.database, "a.ts");
    await scheduler.until("it is refused", async () =>
      scheduler.lines.some((line) => line.includes("a.ts could not be processed and is tried again")),
    );
    t.false(await isParsingFinished(scheduler.database, id));
    await scheduler.database.query("drop trigger refuse on dag");
    await scheduler.until("it is answered", () => isParsingFinished(scheduler.database, id));
  },
);

test.serial("a request for a file that is not there is answered", async (t) => {
  await using scheduler = await startTestScheduler();
  const id = await requestParsing(scheduler.database, "no-such-file.ts");
  await scheduler.until("it is answered", () => isParsingFinished(scheduler.database, id));
  t.is(await importError(scheduler, "no-such-file.ts"), undefined);
});

test.serial("a file sees only the environment that it needs", async (t) => {
  process.env.DAISY_TEST_SECRET = "secret";
  process.env.NODE_AUTH_TOKEN = "secret";
  await using scheduler = await startTestScheduler();
  await scheduler.write(
    "env.ts",
    'import { Dag } from "daisy";\nnew Dag("env_" + (process.env.DAISY_TEST_SECRET ?? process.env.NODE_AUTH_TOKEN ?? "none") + "_" + typeof process.env.PATH);\n',
  );
  await loads(scheduler, "env_none_string");
  t.is(await importError(scheduler, "env.ts"), undefined);
});

test.serial("import.meta.url tells the DAG file's own place", async (t) => {
  await using scheduler = await startTestScheduler();
  await scheduler.write("data/name.txt", "from_data");
  await scheduler.write(
    "place.ts",
    'import { readFileSync } from "node:fs";\nimport { Dag } from "daisy";\nnew Dag(readFileSync(new URL("./data/name.txt", import.meta.url), "utf8"));\n',
  );
  await loads(scheduler, "from_data");
  t.is((await findDag(scheduler, "from_data"))?.relative_fileloc, "place.ts");
});
