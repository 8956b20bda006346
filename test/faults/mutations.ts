// Takes the mechanisms that keep runs right out of a copy of the tree, one at a time, and says whether the tests
// notice: `npm run mutations -- [name …]`. Takes minutes, so it is not one of the tests.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

interface Mutation {
  readonly name: string;
  readonly file: string;
  /** A text that the file has exactly once. */
  readonly text: string;
  readonly replacement: string;
  /** The tests that have to notice. */
  readonly tests: readonly string[];
  /** Of the fault cases, those with this in their title. */
  readonly fault: string;
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: "fencing",
    file: "core/database/tries.ts",
    text: "select id from task_instance where id = any($1::uuid[]) and state = 'running' order by id for update",
    replacement: "select id from task_instance where id = any($1::uuid[]) order by id for update",
    tests: ["test/core/database/tries.test.ts", "test/faults/faults.test.ts"],
    fault: "a worker is paused",
  },
  {
    name: "sweep",
    file: "scheduler/scheduler.ts",
    text: "    sweep,\n",
    replacement: "",
    tests: ["test/scheduler/scheduler.test.ts", "test/faults/faults.test.ts"],
    fault: "FLUSHALL",
  },
  {
    name: "reaper",
    file: "scheduler/scheduler.ts",
    text: "    rescuer,\n",
    replacement: "",
    tests: ["test/faults/faults.test.ts"],
    fault: "a worker is killed",
  },
  {
    name: "interval-lock",
    file: "core/database/due-dags.ts",
    text: "limit $1 for no key update skip locked",
    replacement: "limit $1",
    tests: ["test/core/database/due-dags.test.ts", "test/faults/faults.test.ts"],
    fault: "schedulers is killed",
  },
];

/** Whether the tests fail on a copy of the tree with one mechanism taken out. */
async function isNoticed({ file, text, replacement, tests, fault }: Mutation): Promise<boolean> {
  const copy = await mkdtemp(path.join(tmpdir(), "daisy-mutation-"));
  try {
    await copyTree(copy);
    const target = path.join(copy, file);
    const parts = (await readFile(target, "utf8")).split(text);
    if (parts.length !== 2) throw new Error(`${file} must have this text once, not ${parts.length - 1} times: ${text}`);
    await writeFile(target, parts.join(replacement));
    const args = ["--import", "tsx", "test/run.ts", "--fail-fast", ...tests];
    const child = spawn(process.execPath, args, {
      cwd: copy,
      env: { ...process.env, DAISY_FAULTS_ONLY: fault },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const [code] = (await once(child, "exit")) as [number | null];
    return code !== 0;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function copyTree(to: string): Promise<void> {
  const { stdout } = await promisify(execFile)("git", ["ls-files", "-z"], { maxBuffer: 64 * 1024 * 1024 });
  for (const file of stdout.split("\0").filter((each) => each !== "")) {
    await mkdir(path.dirname(path.join(to, file)), { recursive: true });
    await cp(file, path.join(to, file));
  }
  await symlink(await realpath("node_modules"), path.join(to, "node_modules"));
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !MUTATIONS.some((mutation) => mutation.name === name));
if (unknown.length > 0) {
  throw new Error(
    `There is no mutation ${unknown.join(", ")}; there are ${MUTATIONS.map(({ name }) => name).join(", ")}`,
  );
}
for (const mutation of MUTATIONS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const noticed = await isNoticed(mutation);
  console.log(`${mutation.name}: ${noticed ? "the tests notice" : "NOT NOTICED"}`);
  if (!noticed) process.exitCode = 1;
}
