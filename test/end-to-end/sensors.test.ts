import type { ChildProcess } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { type Bench, startBench, untilCount } from "#bench/harness.ts";
import { startRun, untilSuccess } from "#bench/runs.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";

let bench: Bench;
let triggerer: ChildProcess;
test.before(async () => {
  bench = await startBench();
  triggerer = bench.start("triggerer");
});
test.after.always(() => bench?.[Symbol.asyncDispose]());

interface Row {
  readonly task_id: string;
  readonly state: string;
  readonly try_number: number;
}

async function rowsOf(id: number): Promise<Map<string, Row>> {
  const { rows } = await bench.database.query<Row>("select * from task_instance where dag_run_id = $1", [id]);
  return new Map(rows.map((row) => [row.task_id, row]));
}

async function resultsOf(id: number): Promise<Record<string, unknown>> {
  const { rows } = await bench.database.query<{ task_id: string; value: unknown }>(
    "select task_id, value from xcom where dag_run_id = $1 and key = 'return_value'",
    [id],
  );
  return Object.fromEntries(rows.map((row) => [row.task_id, row.value]));
}

async function logOf(dagId: string, id: number, taskId: string): Promise<string> {
  const { rows } = await bench.database.query<{ run_id: string }>("select run_id from dag_run where id = $1", [id]);
  const folder = path.join(bench.home, "logs", `dag_id=${dagId}`, `run_id=${rows[0]!.run_id}`, `task_id=${taskId}`);
  return readFile(path.join(folder, "attempt=1.log"), "utf8");
}

const untilState = (id: number, taskId: string, state: string) =>
  untilCount(
    bench.database,
    `select count(*)::integer as count from task_instance
      where dag_run_id = ${id} and task_id = '${taskId}' and state = '${state}'`,
    1,
    60_000,
  );

const untilEnded = (id: number) =>
  untilCount(
    bench.database,
    `select count(*)::integer as count from dag_run where id = ${id} and state in ('success', 'failed')`,
    1,
    60_000,
  );

/** Pokes that are counted in a file, whatever process does them. */
const pokes = (home: string) => `
import { appendFileSync, existsSync, readFileSync } from "node:fs";
const count = (name) => {
  const file = "${home}/" + name;
  appendFileSync(file, "x");
  return readFileSync(file, "utf8").length;
};
`;

test.serial("a sensor waits in each mode, in one try, and its result is what came with the last poke", async (t) => {
  const source = `
import { Dag, pokeReturn, sensor } from "daisy";
${pokes(bench.home)}
const dag = new Dag("modes");
const third = (name) => async () => (count(name) === 3 ? pokeReturn(true, name) : false);
dag.task("poke", sensor(third("poke"), { pokeInterval: 0.1 }))();
dag.task("reschedule", sensor(third("reschedule"), { pokeInterval: 0.1, mode: "reschedule" }))();
dag.task("deferred", sensor(third("deferred"), { pokeInterval: 0.1, deferrable: true }))();
dag.task("nothing", sensor(async () => true))();
`;
  await bench.writeDag("modes.ts", source);
  await bench.untilDags(1);
  const id = await startRun(bench.database, "modes");
  await untilSuccess(bench.database, [id], 60_000);
  t.deepEqual(await resultsOf(id), { poke: "poke", reschedule: "reschedule", deferred: "deferred" });
  const rows = await rowsOf(id);
  t.deepEqual(
    [...rows.values()].map((row) => row.try_number),
    [1, 1, 1, 1],
  );
  const rescheduled = await logOf("modes", id, "reschedule");
  t.is(rescheduled.match(/Rescheduling task, marking task as UP_FOR_RESCHEDULE/g)?.length, 2);
  t.is(rescheduled.match(/Starting attempt 1 of 1/g)?.length, 3);
  t.regex(rescheduled, /Success criteria met. Exiting./);
  const deferred = await logOf("modes", id, "deferred");
  t.is(deferred.match(/Pausing task as DEFERRED. dag_id=modes, task_id=deferred/g)?.length, 2);
  t.is(deferred.match(/Resuming after deferral/g)?.length, 2);
});

test.serial(
  "a sensor whose time is over fails without a retry, or is skipped; an error in a poke is retried",
  async (t) => {
    const source = `
import { Dag, fileSensor, sensor } from "daisy";
${pokes(bench.home)}
const dag = new Dag("timeouts");
const never = async () => false;
const retries = { retries: 3, retryDelay: 0 };
dag.task("poke", sensor(never, { pokeInterval: 0.05, timeout: 0.1 }), retries)();
dag.task("reschedule", sensor(never, { pokeInterval: 0.05, timeout: 0.1, mode: "reschedule" }), retries)();
dag.task("soft", sensor(never, { pokeInterval: 0.05, timeout: 0.1, softFail: true }), retries)();
dag.task("trigger", fileSensor({ filepath: "/nowhere/at/all", timeout: 0.3, deferrable: true }), retries)();
dag.task("error", sensor(async () => { if (count("error") < 3) throw new Error("again"); return true; }), retries)();
dag.task("silent", sensor(async () => { if (count("silent") < 3) throw new Error("hush"); return true; },
  { silentFail: true, pokeInterval: 0.01 }))();
`;
    await bench.writeDag("timeouts.ts", source);
    await bench.untilDags(2);
    const id = await startRun(bench.database, "timeouts");
    await untilEnded(id);
    const states = [...(await rowsOf(id)).values()].map((row) => [row.task_id, row.state, row.try_number]);
    t.deepEqual(states.toSorted(), [
      ["error", "success", 3],
      ["poke", "failed", 1],
      ["reschedule", "failed", 1],
      ["silent", "success", 1],
      ["soft", "skipped", 1],
      ["trigger", "failed", 1],
    ]);
    for (const taskId of ["poke", "reschedule", "soft", "trigger"]) {
      t.regex(
        await logOf("timeouts", id, taskId),
        /Sensor has timed out; run duration of [\d.]+ seconds exceeds the specified timeout of [\d.]+\./,
        taskId,
      );
    }
    t.regex(await logOf("timeouts", id, "silent"), /Sensor poke failed: /);
  },
);

test.serial("deferred tasks resume when their file, run, task or moment is there", async (t) => {
  const file = path.join(bench.home, "arrival.txt");
  const source = `
import { Dag, dateTimeSensor, defer, externalTaskSensor, fileSensor, operator, timeTrigger, triggerDagRun } from "daisy";
const other = new Dag("other");
const work = other.task("work", async () => { await new Promise((resolve) => setTimeout(resolve, 500)); })();
other.task("fails", async () => { throw new Error("no"); })();
const dag = new Dag("waiters");
dag.task("file", fileSensor({ filepath: "${bench.home}/arr*.txt", pokeInterval: 0.2, deferrable: true }))();
dag.task("moment", dateTimeSensor({ targetTime: new Date(Date.now() + 1_000), deferrable: true }))();
const own = operator({
  operatorName: "OwnOperator",
  execute: () => defer({ trigger: timeTrigger(new Date()), method: "goOn", kwargs: { left: 2 } }),
  methods: {
    goOn: ({ event, kwargs: { left } }) =>
      left > 0 ? defer({ trigger: timeTrigger(new Date()), method: "goOn", kwargs: { left: left - 1 } }) : typeof event,
  },
});
dag.task("own", own)();
const trigger = dag.task(triggerDagRun({
  dagId: "other", runId: "triggered", waitForCompletion: true, deferrable: true,
  allowedStates: ["failed"], failedStates: ["success"],
}), { taskId: "trigger" })();
const sensor = (options) => externalTaskSensor({ externalDagId: "other", deferrable: true, ...options });
dag.task("task", sensor({ externalTaskId: "work", checkExistence: true }))();
dag.task("run", sensor({ allowedStates: ["failed"] }))();
dag.task("skips", sensor({ externalTaskIds: ["work", "fails"], skippedStates: ["failed"] }))();
`;
  await bench.writeDag("waiters.ts", source);
  await bench.untilDags(4);
  const id = await startRun(bench.database, "waiters");
  await untilState(id, "task", "deferred");
  await untilState(id, "file", "deferred");
  const { rows } = await bench.database.query("select logical_date from dag_run where id = $1", [id]);
  await createManualRun(bench.database, { dagId: "other", logicalDate: rows[0].logical_date, triggeredBy: "test" });
  await writeFile(file, "");
  await untilSuccess(bench.database, [id], 60_000);
  const states = Object.fromEntries([...(await rowsOf(id)).values()].map((row) => [row.task_id, row.state]));
  t.deepEqual(states, {
    file: "success",
    moment: "success",
    own: "success",
    trigger: "success",
    task: "success",
    run: "success",
    skips: "skipped",
  });
  t.like(await resultsOf(id), { own: "string" });
});

test.serial("triggerDagRun with resetDagRun runs an existing run again", async (t) => {
  const source = `
import { Dag, triggerDagRun } from "daisy";
${pokes(bench.home)}
new Dag("again").task("count", async () => count("again"))();
const dag = new Dag("resets");
const trigger = (taskId) => dag.task(triggerDagRun({
  dagId: "again", runId: "one", resetDagRun: true, waitForCompletion: true, deferrable: true,
}), { taskId })();
trigger("first").before(trigger("second"));
`;
  await bench.writeDag("resets.ts", source);
  await bench.untilDags(6);
  const id = await startRun(bench.database, "resets");
  await untilSuccess(bench.database, [id], 60_000);
  t.is(await readFile(path.join(bench.home, "again"), "utf8"), "xx");
});

test.serial("kill -9 of the triggerer and the loss of the queue: deferred and rescheduled tasks go on", async (t) => {
  const arrival = path.join(bench.home, "late.txt");
  const source = `
import { existsSync } from "node:fs";
import { Dag, fileSensor, sensor } from "daisy";
const dag = new Dag("survivors", { maxActiveTasks: 32 });
for (let i = 0; i < 8; i++) {
  dag.task("file_" + i, fileSensor({ filepath: "${arrival}", pokeInterval: 0.2, deferrable: true }))();
  dag.task("own_" + i, sensor(async () => existsSync("${arrival}"), { pokeInterval: 0.5, mode: "reschedule" }))();
}
`;
  await bench.writeDag("survivors.ts", source);
  await bench.untilDags(7);
  const id = await startRun(bench.database, "survivors");
  const held = `select count(*)::integer as count from task_instance
    where dag_run_id = ${id} and state = 'deferred' and triggerer_id in (select id from job where pid = `;
  await untilCount(bench.database, `${held}${triggerer.pid})`, 8, 60_000);
  triggerer.kill("SIGKILL");
  await bench.services.redis?.stop();
  await rm(path.join(bench.home, "redis", "appendonlydir"), { recursive: true, force: true });
  await bench.services.redis?.restart();
  const next = bench.start("triggerer");
  await untilCount(bench.database, `${held}${next.pid})`, 8, 60_000);
  await writeFile(arrival, "");
  await untilSuccess(bench.database, [id], 60_000);
  t.deepEqual(
    [...new Set([...(await rowsOf(id)).values()].map((row) => `${row.state} ${row.try_number}`))],
    ["success 1"],
  );
});
