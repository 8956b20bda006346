// Takes the mechanisms that keep runs right out of a copy of the tree, one at a time, and says whether the tests
// notice: `npm run mutations -- [name …]`. First the same tests have to pass on a copy that has everything, since those
// that fail anyhow notice nothing. Takes minutes, so it is not one of the tests.
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
  /** Of the fault cases, if they are among the tests, those with this in their title. @default all */
  readonly fault?: string;
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
    name: "claim",
    file: "core/database/tries.ts",
    text: "(state = 'queued' and (lost_tries",
    replacement: "((lost_tries",
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
  {
    name: "slots-lock",
    file: "setup/functions/lock-scheduling.sql",
    text: "select pg_advisory_xact_lock(527, 1)",
    replacement: "select",
    tests: ["test/core/database/limits.test.ts"],
  },
];

/** Whether a mutation's tests pass on a copy of the tree, with the mechanism taken out or with everything in it. */
async function pass(mutation: Mutation, { isTakenOut }: { isTakenOut: boolean }): Promise<boolean> {
  const { tests, fault } = mutation;
  const copy = await mkdtemp(path.join(tmpdir(), "daisy-mutation-"));
  try {
    await copyTree(copy);
    if (isTakenOut) await takeOut(mutation, copy);
    const args = ["--import", "tsx", "test/run.ts", "--fail-fast", ...tests];
    const child = spawn(process.execPath, args, {
      cwd: copy,
      env: { ...process.env, ...(fault !== undefined && { DAISY_FAULTS_ONLY: fault }) },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const [code] = (await once(child, "exit")) as [number | null];
    return code === 0;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function takeOut({ file, text, replacement }: Mutation, copy: string): Promise<void> {
  const target = path.join(copy, file);
  const parts = (await readFile(target, "utf8")).split(text);
  if (parts.length !== 2) throw new Error(`${file} must have this text once, not ${parts.length - 1} times: ${text}`);
  await writeFile(target, parts.join(replacement));
}

/** What was found out of sets of tests on a copy that has everything. */
const controls = new Map<string, Promise<boolean>>();

/** Whether a mutation's tests pass while nothing is taken out; tried once for each set of tests. */
function passUnmutated(mutation: Mutation): Promise<boolean> {
  const set = JSON.stringify([mutation.tests, mutation.fault]);
  const control = controls.get(set) ?? pass(mutation, { isTakenOut: false });
  controls.set(set, control);
  return control;
}

async function judge(mutation: Mutation): Promise<"the tests notice" | "NOT NOTICED" | "THE TESTS FAIL ANYHOW"> {
  if (!(await passUnmutated(mutation))) return "THE TESTS FAIL ANYHOW";
  return (await pass(mutation, { isTakenOut: true })) ? "NOT NOTICED" : "the tests notice";
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
  const verdict = await judge(mutation);
  console.log(`${mutation.name}: ${verdict}`);
  if (verdict !== "the tests notice") process.exitCode = 1;
}
