import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { AIRFLOW_DEFAULTS } from "#scheduler/dag-files/fill-in-defaults.ts";
import { ParsePool } from "#scheduler/dag-files/parse-pool.ts";
import type { ParseAnswer } from "#scheduler/dag-files/parse-protocol.ts";
import { until } from "#test/helpers/until.ts";
import { dagFile } from "./support.ts";

interface TestPool extends AsyncDisposable {
  readonly folder: string;
  write(name: string, text: string | Buffer): Promise<void>;
  parse(name: string, onSetAside?: () => void): Promise<ParseAnswer>;
}

async function startPool({ processes = 1, timeout = 60, memoryLimit = 0 } = {}): Promise<TestPool> {
  const folder = await mkdtemp(join(tmpdir(), "daisy-pool-"));
  const pool = new ParsePool(
    {
      taskDefaults: AIRFLOW_DEFAULTS,
      maxMapLength: 1024,
      schedules: { timezone: "UTC", cronDataIntervals: false, deltaDataIntervals: false },
      dagsFolder: folder,
      cacheDir: join(folder, ".cache"),
      safeMode: true,
      memoryLimit,
    },
    processes,
    timeout,
  );
  return {
    folder,
    async write(name, text) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    },
    async parse(name, onSetAside) {
      const request = { fileloc: join(folder, name), relativeFileloc: name };
      return (await pool.parse(request, { urgent: false, onSetAside })).answer;
    },
    async [Symbol.asyncDispose]() {
      pool.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const SPEAKS = "// a dag of daisy\n";

const KILLED: readonly { title: string; text: string; timeout?: number; expected: RegExp }[] = [
  {
    title: "memory of the heap",
    text: "const all = []; for (;;) all.push(new Array(100_000).fill({}));",
    expected:
      /^bad\.ts: the process ran out of memory of 400 MB \(\[dag_processor\] dag_file_memory_limit\) while the file was loaded$/,
  },
  {
    title: "memory beside the heap",
    text: "const all: Buffer[] = []; for (;;) all.push(Buffer.alloc(20_000_000, 1));",
    expected: /^bad\.ts: the process ran out of memory of 400 MB/,
  },
  {
    title: "time",
    text: "for (;;);",
    timeout: 2,
    expected: /^DagBag import timeout for .*\/bad\.ts after 2s\.$/,
  },
  { title: "the process itself", text: "process.abort();", expected: /^bad\.ts: the process was killed by SIGABRT/ },
  {
    title: "time or memory, because it writes without end",
    text: 'for (;;) console.log("x".repeat(100_000));',
    timeout: 2,
    // What it writes piles up in its process as long as its loop does not let it go.
    expected: /^DagBag import timeout for .*\/bad\.ts after 2s\.$|^bad\.ts: the process ran out of memory of 400 MB/,
  },
];

for (const { title, text, timeout = 60, expected } of KILLED) {
  test.serial(`a file that eats ${title} is killed alone, and its neighbours are not blamed`, async (t) => {
    await using pool = await startPool({ timeout, memoryLimit: 400 });
    await pool.write("first.ts", dagFile("first"));
    await pool.write("bad.ts", `${SPEAKS}${text}`);
    await pool.write("last.ts", dagFile("last"));
    const [first, bad, last] = await Promise.all(["first.ts", "bad.ts", "last.ts"].map((name) => pool.parse(name)));
    t.is(first!.kind, "parsed");
    t.like(bad, { kind: "broken", wasKilled: true });
    t.regex((bad as { error: string }).error, expected);
    t.is(last!.kind, "parsed");
  });
}

test.serial("files that hang hold nobody up: all others are done before one of them is", async (t) => {
  await using pool = await startPool({ processes: 2, timeout: 600 });
  const release = join(pool.folder, "release");
  const waits = `import { existsSync } from "node:fs";
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(${JSON.stringify(release)})) Atomics.wait(sleeper, 0, 0, 20);`;
  for (const n of [0, 1, 2, 3]) await pool.write(`waits${n}.ts`, `${dagFile(`waits${n}`)}${waits}`);
  const good = Array.from({ length: 12 }, (_, n) => `good${n}.ts`);
  for (const name of good) await pool.write(name, dagFile(name.slice(0, -3)));
  const setAside: string[] = [];
  const hanging = [0, 1, 2, 3].map((n) => pool.parse(`waits${n}.ts`, () => setAside.push(`waits${n}.ts`)));
  const answers = await Promise.all(good.map((name) => pool.parse(name)));
  t.true(answers.every(({ kind }) => kind === "parsed"));
  t.false(existsSync(release));
  await until("all four are set aside", async () => setAside.length >= 4);
  // What was only slow is none the worse for having been set aside.
  await writeFile(release, "");
  t.deepEqual(
    (await Promise.all(hanging)).map(({ kind }) => kind),
    ["parsed", "parsed", "parsed", "parsed"],
  );
});

const LEAVING: readonly (readonly [title: string, text: string])[] = [
  ["throws later, where nobody catches it", "setTimeout(() => { throw new Error('late'); }, 1).unref();"],
  ["replaces what is built in", "Array.prototype.copyWithin = () => { throw new Error('not mine'); };"],
  ["goes to another folder", 'process.chdir("/");'],
  ["changes the environment", 'process.env.HOME = "/nowhere";'],
  ["listens to the scheduler", 'process.on("message", () => process.exit(7));'],
  [
    "answers for the next file",
    'setInterval(() => process._send({ kind: "answer", answer: { kind: "broken", error: "x", inputs: [] } }), 1);',
  ],
  ...[
    "null",
    "7",
    '"text"',
    "[]",
    "{}",
    '{ kind: "unknown" }',
    '{ kind: "bundled", inputs: 7 }',
    '{ kind: "answer" }',
    '"x".repeat(50_000_000)',
  ].map((sent) => [`sends ${sent} to the scheduler`, `process._send(${sent});`] as const),
];

for (const [title, text] of LEAVING) {
  test.serial(`a file that ${title} does no harm to the next one`, async (t) => {
    await using pool = await startPool();
    await pool.write("leaves.ts", `${dagFile("leaves")}${text}`);
    await pool.write(
      "next.ts",
      `${dagFile("next")}\nif (process.cwd() === "/" || process.env.HOME === "/nowhere") throw new Error("harmed");\n[1, 2].copyWithin(0, 1);\n`,
    );
    const [, next] = await Promise.all([pool.parse("leaves.ts"), pool.parse("next.ts")]);
    t.like(next, { kind: "parsed" });
  });
}

test.serial("a file does not find the scheduler's channel, by which libraries speak to process managers", async (t) => {
  await using pool = await startPool();
  await pool.write("asks.ts", `${dagFile("asks")}if (process.send !== undefined) throw new Error("found");`);
  t.like(await pool.parse("asks.ts"), { kind: "parsed" });
});

test.serial("what is no ordinary file is told, and waits for nothing", async (t) => {
  await using pool = await startPool();
  spawnSync("mkfifo", [join(pool.folder, "pipe.ts")]);
  await symlink("nowhere.ts", join(pool.folder, "dangling.ts"));
  // Listed as an ordinary file, and cannot be read.
  await symlink("/proc/self/mem", join(pool.folder, "unreadable.ts"));
  await pool.write("huge.ts", Buffer.alloc(17 * 1024 * 1024, "// dag daisy\n"));
  const errors = await Promise.all(
    ["pipe.ts", "dangling.ts", "unreadable.ts", "huge.ts"].map(async (name) => {
      const answer = await pool.parse(name);
      return answer.kind === "broken" ? answer.error : answer.kind;
    }),
  );
  t.is(errors[0], "pipe.ts: it is not an ordinary file");
  t.is(errors[1], "dangling.ts: it is a symbolic link that leads nowhere");
  t.regex(errors[2]!, /^unreadable\.ts: it cannot be read: /);
  t.is(errors[3], "huge.ts: the file has 17825792 bytes, more than the 16777216 that are allowed");
});

test.serial("a file that does not speak of DAGs is passed over", async (t) => {
  await using pool = await startPool();
  await pool.write("helper.ts", "export const dag = 1;\nthrow new Error('not loaded');\n");
  t.deepEqual(await pool.parse("helper.ts"), { kind: "passed-over" });
});
