import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { until } from "#test/helpers/until.ts";
import {
  addToQueue,
  createFixture,
  type Fixture,
  findTry,
  isAlive,
  queueRun,
  readLog,
  readXCom,
  startWorker,
  storeDag,
  untilDead,
  untilEnded,
  untilStartedOver,
  untilState,
} from "./worker-fixture.ts";

const BUNDLE = `
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, writeFileSync } from "node:fs";
import { AirflowFailException, AirflowSkipException, Dag, getClient, getContext } from "daisy-install:/sdk/index.ts";
const dag = new Dag("tries");
const task = (id, run, options) => dag.task(id, run, options);
const note = (name) => process.env.AIRFLOW_HOME + "/" + name;
const forever = () => new Promise(() => setInterval(() => {}, 1000));

task("plain", async () => { console.log("out"); console.error("err"); })();
const numbers = task("numbers", async () => ({ rows: [1, 2, 3], exact: 1.0 }))();
task("sum", async ({ upstreamNumbers, label }) => label + upstreamNumbers.rows.reduce((a, b) => a + b))({ upstream_numbers: numbers, label: "sum " });
const nothing = task("nothing", async () => undefined)();
task("needs_nothing", async ({ value }) => value)({ value: nothing });
task("context", async () => {
  const { dagId, taskId, tryNumber, mapIndex, conf, logicalDate } = getContext();
  return { dagId, taskId, tryNumber, mapIndex, conf, dated: logicalDate instanceof Date, env: process.env.AIRFLOW_CTX_TASK_ID };
})();
task("client", async () => {
  const client = getClient();
  await client.setVariable("colour", "green");
  await client.setXCom({ key: "mine", value: { a: [null] } });
  const missing = await client.getVariableOrThrow("none").catch((error) => error.message);
  return [await client.getVariable("colour"), await client.getXCom({ key: "mine" }), await client.getConnection("none"), missing];
})();
task("throws", async () => { throw new TypeError("spilled"); })();
task("retries", async () => { throw new Error("again"); }, { retries: 2, retryDelay: 60 })();
task("fails_at_once", async () => { throw new AirflowFailException("no use"); }, { retries: 2 })();
task("skips", async () => { throw new AirflowSkipException("not today"); })();
task("exits", async () => { process.exit(0); })();
task("rejects_unseen", async () => { void Promise.reject(new Error("unseen")); await forever(); })();
task("no_json", async () => ({ when: new Date(0) }))();
task("no_push", async () => 1, { doXcomPush: false })();
task("loops", async () => { for (;;); }, { executionTimeout: 0.3 })();
task("obeys_abort", async () => {
  const { signal } = getContext();
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  console.log("aborted: " + signal.reason.message);
}, { executionTimeout: 0.3 })();
task("has_grandchild", async () => {
  const child = spawn("sleep", ["1000"]);
  writeFileSync(note("grandchild"), String(child.pid));
  await forever();
}, { executionTimeout: 0.3 })();
task("has_daemon", async () => {
  const daemon = spawn("sh", ["-c", "setsid sleep 1000 & echo $!"], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const [pid] = await once(daemon.stdout, "data");
  writeFileSync(note("daemon"), String(pid));
  throw new Error("the daemon stays");
})();
task("leaves_child", async () => { writeFileSync(note("left"), String(spawn("sleep", ["1000"], { stdio: "ignore" }).pid)); })();
task("waits", async () => { writeFileSync(note("waits.pid"), String(process.pid)); await forever(); })();
task("counts", async () => { appendFileSync(note("count"), "x"); })();
for (let i = 0; i < 50; i++) task("chatty_" + i, async () => {
  for (let line = 0; line < 20; line++) (line % 2 ? console.log : console.error)("line of chatty_" + i + ".");
  process.stdout.write("unfinished line of chatty_" + i + ".");
})();
task("closes_stdout", async () => { process.stdout.end(); return 1; })();
task("talks_to_parent", async () => {
  process.send?.({ type: "done", ending: { kind: "success" } });
  process.send?.(null);
  throw new Error("what the task did counts");
})();
task("talks_to_worker", async () => {
  for (const sent of [null, 7, "text", [], { type: "unknown" }, { type: "done" }, { type: "ask" }, "x".repeat(50_000_000)]) process._send(sent);
  return "what the task did counts";
})();
task("long_line", async () => { process.stdout.write("y".repeat(3_000_000) + "z"); })();
`;

let fixture: Fixture;
let worker: ReturnType<typeof startWorker>;
let dag: Awaited<ReturnType<typeof storeDag>>;

test.before(async () => {
  fixture = await createFixture();
  dag = await storeDag(fixture.database, BUNDLE);
  worker = startWorker(fixture);
});
test.after.always(async () => {
  await worker?.stop();
  await fixture?.[Symbol.asyncDispose]();
});

async function runTask(taskId: string, options: { maxTries?: number; conf?: object } = {}) {
  const [id] = await queueRun(fixture, dag, [taskId], options);
  const row = await untilEnded(fixture, id!);
  return { row, log: await readLog(fixture, row, dag.dagId), result: await readXCom(fixture, row) };
}

test("a task that returns succeeds, with Airflow's first and last lines around its output", async (t) => {
  const { row, log, result } = await runTask("plain");
  t.is(row.state, "success");
  t.true(row.start_date! <= row.end_date!);
  t.is(result, undefined);
  const lines = log
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\[[^\]]+\] \{task\} /, ""));
  t.true(lines.includes("INFO - Starting attempt 1 of 1"));
  t.true(lines.some((line) => line.startsWith("INFO - Executing <Task(TypeScriptOperator): plain> on 2")));
  t.true(lines.includes("INFO - out"));
  t.true(lines.includes("ERROR - err"));
  t.regex(lines.at(-2)!, /^INFO - Marking task as SUCCESS\. dag_id=tries, task_id=plain, run_id=manual__/);
  t.is(lines.at(-1), "INFO - Task exited with return code 0");
});

test("results reach the tasks that take them, by folded names, and literals too", async (t) => {
  const [numbers, sum] = await queueRun(fixture, dag, ["numbers", "sum"], { add: false });
  await addToQueue(fixture.queue, [numbers!]);
  await untilState(fixture, numbers!, "success");
  await addToQueue(fixture.queue, [sum!]);
  const row = await untilState(fixture, sum!, "success", "failed");
  t.is(await readXCom(fixture, row), '"sum 6"');
});

test("a task fails before its handler when an upstream pushed nothing", async (t) => {
  const { row, log } = await runTask("needs_nothing");
  t.is(row.state, "failed");
  t.true(
    log.includes(
      'Task argument "value" takes the output of upstream task "nothing", which pushed no return_value XCom; a task that returns nothing pushes none',
    ),
  );
});

test("a handler sees its try and asks the worker for variables, connections and XComs", async (t) => {
  const { result } = await runTask("context", { conf: { colour: "red" } });
  t.deepEqual(JSON.parse(result!), {
    dagId: "tries",
    taskId: "context",
    tryNumber: 1,
    mapIndex: -1,
    conf: { colour: "red" },
    dated: true,
    env: "context",
  });
  const { result: answers } = await runTask("client");
  t.deepEqual(JSON.parse(answers!), ["green", { a: [null] }, null, "Variable not found: none"]);
});

const endings = [
  { task: "throws", state: "failed", says: /Task failed with exception\n.*TypeError: spilled\n.* at .*\.mjs:\d+/ },
  { task: "throws", maxTries: 2, state: "up_for_retry", says: /Marking task as UP_FOR_RETRY/ },
  { task: "fails_at_once", maxTries: 2, state: "failed", says: /AirflowFailException: no use/ },
  { task: "skips", state: "skipped", says: /not today\n.*Marking task as SKIPPED/ },
  { task: "exits", state: "failed", says: /process exited with code 0 before the task ended/ },
  { task: "rejects_unseen", state: "failed", says: /Error: unseen[\s\S]*process exited with code 1 before/ },
  { task: "talks_to_parent", state: "failed", says: /what the task did counts/ },
  { task: "talks_to_worker", state: "success", says: /Task exited with return code 0/ },
  {
    task: "closes_stdout",
    state: "success",
    says: /The task left a closed output stream behind; its process is replaced/,
  },
  { task: "no_json", state: "failed", says: /The result of task "no_json" holds a Date, which JSON cannot carry/ },
  { task: "loops", state: "failed", says: /Timeout, PID: \d+[\s\S]*AirflowTaskTimeout[\s\S]*return code 1/ },
  { task: "obeys_abort", state: "failed", says: /aborted: Timeout, PID[\s\S]*AirflowTaskTimeout/ },
] as const;
for (const { task, state, says, ...options } of endings) {
  test(`task ${task}${"maxTries" in options ? " with tries left" : ""} ends ${state}`, async (t) => {
    const { row, log } = await runTask(task, options);
    t.is(row.state, state);
    t.regex(log, says);
  });
}

test("a failed try waits for its task's retry delay", async (t) => {
  const { row } = await runTask("retries", { maxTries: 2 });
  t.is(row.state, "up_for_retry");
  t.is(row.due_at!.getTime() - row.end_date!.getTime(), 60_000);
});

test("nothing is pushed when doXcomPush is off", async (t) => {
  const { row, result } = await runTask("no_push");
  t.is(row.state, "success");
  t.is(result, undefined);
});

test("a timeout kills the processes that the task started", async (t) => {
  const { row } = await runTask("has_grandchild");
  t.is(row.state, "failed");
  const pid = await readFile(path.join(fixture.home, "grandchild"), "utf8");
  t.false(isAlive(Number(pid)));
});

test("a daemon, which has left the task's process group, ends with a task that fails", async (t) => {
  const { row } = await runTask("has_daemon");
  t.is(row.state, "failed");
  const pid = Number(await readFile(path.join(fixture.home, "daemon"), "utf8"));
  t.true(pid > 1);
  await untilDead(pid);
});

test("a process that the task leaves behind ends with the task", async (t) => {
  const { row, log } = await runTask("leaves_child");
  t.is(row.state, "success");
  t.regex(log, /The task left .* behind; its process is replaced/);
  const pid = Number(await readFile(path.join(fixture.home, "left"), "utf8"));
  await untilDead(pid);
  t.false(isAlive(pid));
});

test("lines of one try are never in another's log", async (t) => {
  const taskIds = Array.from({ length: 50 }, (_, index) => `chatty_${index}`);
  const ids = await queueRun(fixture, dag, taskIds);
  for (const [index, id] of ids.entries()) {
    const log = await readLog(fixture, await untilState(fixture, id, "success"), dag.dagId);
    const said = log.match(/line of chatty_\d+\./g)!;
    t.is(said.length, 21);
    t.deepEqual([...new Set(said)], [`line of chatty_${index}.`]);
  }
});

test("a very long line without a line break is logged whole, in pieces", async (t) => {
  const { log } = await runTask("long_line");
  const pieces = log.match(/(?<= INFO - )y+z?(?=\n)/g)!;
  t.is(pieces.join("").length, 3_000_001);
});

test("a job that comes twice runs once", async (t) => {
  const [id] = await queueRun(fixture, dag, ["counts"]);
  await addToQueue(fixture.queue, [id!]);
  await untilState(fixture, id!, "success");
  await addToQueue(fixture.queue, [id!]);
  await runTask("plain");
  t.is(await readFile(path.join(fixture.home, "count"), "utf8"), "x");
});

test.serial("a task process that is killed fails its try", async (t) => {
  const { id, pid } = await startWaiting();
  process.kill(pid, "SIGKILL");
  const row = await untilEnded(fixture, id);
  t.is(row.state, "failed");
  t.regex(await readLog(fixture, row, dag.dagId), /was killed by SIGKILL before the task ended/);
});

test.serial("a try that is cleared while it runs is stopped, and may then start anew", async (t) => {
  const { id, pid } = await startWaiting();
  await fixture.database.query("update task_instance set state = 'restarting' where id = $1", [id]);
  const row = await untilStartedOver(fixture, id);
  t.false(isAlive(pid));
  t.like(row, { state: null, max_tries: 0 });
  const log = await readLog(fixture, row, dag.dagId);
  t.true(log.includes("State of this instance has been externally set to restarting. Terminating instance."));
});

test.serial("a try that ends just when it is cleared may start anew too", async (t) => {
  const { id, pid } = await startWaiting();
  await fixture.database.query("update task_instance set state = 'restarting' where id = $1", [id]);
  process.kill(pid, "SIGKILL");
  t.like(await untilStartedOver(fixture, id), { state: null, max_tries: 0 });
});

test.serial("a try that is marked by hand is stopped and keeps the mark", async (t) => {
  const { id, pid } = await startWaiting();
  await fixture.database.query("update task_instance set state = 'success' where id = $1", [id]);
  await untilDead(pid);
  const row = await findTry(fixture, id);
  t.is(row.state, "success");
});

test.serial("a worker that shuts down gives its tries back without using up a retry", async (t) => {
  await using other = await createFixture();
  const otherDag = await storeDag(other.database, BUNDLE);
  const second = startWorker(other);
  const [id] = await queueRun(other, otherDag, ["waits"]);
  const file = path.join(other.home, "waits.pid");
  await untilState(other, id!, "running");
  await until("the task waits", async () => existsSync(file));
  await second.stop();
  const row = await findTry(other, id!);
  t.is(row.state, "up_for_retry");
  t.is(row.max_tries, 1);
  t.false(isAlive(Number(await readFile(file, "utf8"))));
  const { rows } = await other.database.query("select state, job_type, slots, end_date is not null as ended from job");
  t.deepEqual(rows, [{ state: "success", job_type: "WorkerJob", slots: 16, ended: true }]);
});

test.serial("tries run with the queue in PostgreSQL too", async (t) => {
  await using other = await createFixture({ broker: "postgres" });
  const otherDag = await storeDag(other.database, BUNDLE);
  const second = startWorker(other);
  const ids = await queueRun(other, otherDag, ["plain", "numbers"]);
  for (const id of ids) t.is((await untilEnded(other, id)).state, "success");
  await second.stop();
});

async function startWaiting(): Promise<{ id: string; pid: number }> {
  const file = path.join(fixture.home, "waits.pid");
  const before = existsSync(file) ? await readFile(file, "utf8") : "";
  const [id] = await queueRun(fixture, dag, ["waits"]);
  const pid = await until("the task waits", async () => {
    const now = existsSync(file) ? await readFile(file, "utf8") : "";
    // A file is empty for a moment when it is written anew.
    return now !== before && now !== "" && now;
  });
  return { id: id!, pid: Number(pid) };
}
