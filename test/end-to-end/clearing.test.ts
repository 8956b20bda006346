import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { type Bench, startBench } from "#bench/harness.ts";
import { startRun, untilSuccess } from "#bench/runs.ts";
import { clearInstances, clearRun } from "#core/database/by-hand/clear-instances.ts";
import { markInstances } from "#core/database/by-hand/mark-instances.ts";
import { markRun } from "#core/database/by-hand/mark-run.ts";
import { taskLogPath } from "#core/task-logs.ts";
import { statesOfRun } from "#test/helpers/run-states.ts";
import { until } from "#test/helpers/until.ts";
import { isAlive } from "#test/worker/worker-fixture.ts";

let bench: Bench;
test.before(async () => {
  bench = await startBench({
    dags: { "by_hand.ts": BY_HAND, "decides.ts": DECIDES, "maps.ts": MAPS, "grows.ts": grows("stays", "goes") },
  });
  await bench.untilDags(4);
});
test.after.always(() => bench?.[Symbol.asyncDispose]());

/** before → waits → after: `waits` tells its process and stays in its first try until it is killed. */
const BY_HAND = `
import { writeFileSync } from "node:fs";
import { Dag, getContext } from "daisy";
const dag = new Dag("by_hand");
const before = dag.task("before", async () => 1)();
const waits = dag.task("waits", async () => {
  const { tryNumber, conf, runId } = getContext();
  console.log("this is try " + tryNumber);
  if (tryNumber > 1 || runId.endsWith("_quick")) return "done in try " + tryNumber;
  writeFileSync(process.env.AIRFLOW_HOME + "/" + runId, String(process.pid));
  await new Promise(() => setInterval(() => {}, 1000));
})();
const after = dag.task("after", async () => 3)();
before.before(waits);
waits.before(after);
`;

const DECIDES = `
import { readFileSync } from "node:fs";
import { Dag } from "daisy";
const dag = new Dag("decides");
const [left, right] = ["left", "right"].map((id) => dag.task(id, async () => id)());
const choice = () => readFileSync(process.env.AIRFLOW_HOME + "/choice", "utf8");
dag.if(async () => choice() === "left", undefined, { taskId: "decider" }).then(left).else(right);
`;

/** A task that is mapped over as many items as a file says. */
const MAPS = `
import { readFileSync } from "node:fs";
import { Dag } from "daisy";
const dag = new Dag("maps");
const items = dag.task("items", async () => JSON.parse(readFileSync(process.env.AIRFLOW_HOME + "/items", "utf8")))();
const double = dag.task("double", async ({ item }) => 2 * item).expand({ item: items });
dag.task("sum", async ({ double }) => double.reduce((a, b) => a + b, 0))({ double });
`;

/** A DAG whose first task waits for a file, and whose unfinished runs follow its changes. */
function grows(...after: string[]): string {
  return `
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Dag } from "daisy";
const dag = new Dag("grows", { disableBundleVersioning: true });
const first = dag.task("first", async () => {
  while (!existsSync(process.env.AIRFLOW_HOME + "/go")) await sleep(10);
})();
for (const id of ${JSON.stringify(after)}) first.before(dag.task(id, async () => id)());
`;
}

interface Row {
  task_id: string;
  state: string | null;
  try_number: number;
}

async function rowsOf(id: number): Promise<Record<string, Row>> {
  const { rows } = await bench.database.query<Row>(
    "select task_id, state, try_number from task_instance where dag_run_id = $1",
    [id],
  );
  return Object.fromEntries(rows.map((row) => [row.task_id, row]));
}

const statesOf = (id: number) => statesOfRun(bench.database, id);

async function runIdOf(id: number): Promise<string> {
  const { rows } = await bench.database.query<{ run_id: string }>("select run_id from dag_run where id = $1", [id]);
  return rows[0]!.run_id;
}

/** Starts a run and waits until `waits` waits; returns the process. */
async function startWaiting(): Promise<{ id: number; runId: string; pid: number }> {
  const id = await startRun(bench.database, "by_hand");
  const runId = await runIdOf(id);
  const read = () => readFile(path.join(bench.home, runId), "utf8").catch(() => "");
  await until("the task waits", async () => (await read()) !== "");
  return { id, runId, pid: Number(await read()) };
}

test.serial(
  "a running task that is cleared is killed, and its next try starts and leaves the first one's log",
  async (t) => {
    const { id, runId, pid } = await startWaiting();
    const cleared = await clearInstances(bench.database, { dagId: "by_hand", runs: { runId }, tasks: ["waits"] });
    t.deepEqual(
      cleared.map(({ taskId, state }) => [taskId, state]),
      [["waits", "running"]],
    );
    await untilSuccess(bench.database, [id], 60_000);
    t.false(isAlive(pid));
    const { waits, before, after } = await rowsOf(id);
    t.deepEqual([before!.try_number, waits!.try_number, after!.try_number], [1, 2, 1]);
    const log = (tryNumber: number) =>
      readFile(
        taskLogPath(path.join(bench.home, "logs"), {
          dagId: "by_hand",
          runId,
          taskId: "waits",
          mapIndex: -1,
          tryNumber,
        }),
        "utf8",
      );
    t.regex(await log(1), /this is try 1[\s\S]*State of this instance has been externally set to restarting/);
    t.regex(await log(2), /this is try 2/);

    // And the finished run once more, as a whole.
    await clearRun(bench.database, "by_hand", runId);
    await untilSuccess(bench.database, [id], 60_000);
    const rows = await rowsOf(id);
    t.deepEqual([rows.before!.try_number, rows.waits!.try_number, rows.after!.try_number], [2, 3, 2]);
    const { rows: history } = await bench.database.query(
      "select task_id, try_number, state from task_instance_history where dag_run_id = $1 order by task_id, try_number",
      [id],
    );
    t.deepEqual(history, [
      { task_id: "after", try_number: 1, state: "success" },
      { task_id: "before", try_number: 1, state: "success" },
      { task_id: "waits", try_number: 1, state: "failed" },
      { task_id: "waits", try_number: 2, state: "success" },
    ]);
    const { rows: runs } = await bench.database.query("select clear_number from dag_run where id = $1", [id]);
    t.deepEqual(runs, [{ clear_number: 1 }]);
  },
);

test.serial("a running task that is marked is killed, and what is below follows the mark", async (t) => {
  const { id, runId, pid } = await startWaiting();
  const choice = { dagId: "by_hand", runs: { runId }, tasks: ["waits"] };
  await markInstances(bench.database, choice, "failed");
  await until("the run fails", async () => (await statesOf(id)).after === "upstream_failed");
  await until("the process ends", async () => !isAlive(pid));
  await until("the run ends", async () => {
    const { rows } = await bench.database.query("select 1 from dag_run where id = $1 and state = 'failed'", [id]);
    return rows.length === 1;
  });
  await markInstances(bench.database, choice, "success");
  await untilSuccess(bench.database, [id], 60_000);
  t.deepEqual(await statesOf(id), { before: "success", waits: "success", after: "success" });
  t.is((await rowsOf(id)).waits!.try_number, 1, "it was marked, not run");
});

test.serial("a run that is marked as failed stops, and can be cleared again", async (t) => {
  const { id, runId, pid } = await startWaiting();
  await markRun(bench.database, "by_hand", runId, "failed");
  t.deepEqual(await statesOf(id), { before: "success", waits: "failed", after: "skipped" });
  await until("the process ends", async () => !isAlive(pid));
  await clearRun(bench.database, "by_hand", runId, { onlyFailed: true });
  await until("the run ends", async () => (await statesOf(id)).waits === "success");
  t.is((await statesOf(id)).after, "skipped");
});

test.serial(
  "what was decided against is skipped again when it is cleared alone, and decided anew with its decider",
  async (t) => {
    await writeFile(path.join(bench.home, "choice"), "left");
    const id = await startRun(bench.database, "decides");
    const runId = await runIdOf(id);
    const clear = (task: string, downstream = false) =>
      clearInstances(bench.database, { dagId: "decides", runs: { runId }, tasks: [task], downstream });
    await untilSuccess(bench.database, [id], 60_000);
    const taken = { decider: "success", left: "success", right: "skipped" };
    t.deepEqual(await statesOf(id), taken);
    await clear("right");
    await untilSuccess(bench.database, [id], 60_000);
    t.deepEqual(await statesOf(id), taken);
    await writeFile(path.join(bench.home, "choice"), "right");
    await clear("left");
    await untilSuccess(bench.database, [id], 60_000);
    t.deepEqual(await statesOf(id), taken, "the decider has not run again");
    await clear("decider", true);
    await untilSuccess(bench.database, [id], 60_000);
    t.deepEqual(await statesOf(id), { decider: "success", left: "skipped", right: "success" });
  },
);

test.serial("a mapped task is cleared by single instances, and expands anew with what it is mapped over", async (t) => {
  const instances = async (id: number) => {
    const { rows } = await bench.database.query<{ map_index: number; state: string; try_number: number }>(
      "select map_index, state, try_number from task_instance where dag_run_id = $1 and task_id = 'double' order by 1",
      [id],
    );
    return rows.map(({ map_index, state, try_number }) => `${map_index} ${state} ${try_number}`);
  };
  const sum = async (id: number) =>
    (
      await bench.database.query<{ value: number }>(
        "select value from xcom where dag_run_id = $1 and task_id = 'sum'",
        [id],
      )
    ).rows[0]!.value;
  await writeFile(path.join(bench.home, "items"), "[1, 2, 3]");
  const id = await startRun(bench.database, "maps");
  const runId = await runIdOf(id);
  await untilSuccess(bench.database, [id], 60_000);
  t.is(await sum(id), 12);
  const choice = { dagId: "maps", runs: { runId } };
  await clearInstances(bench.database, { ...choice, tasks: [["double", 1]], downstream: true });
  await untilSuccess(bench.database, [id], 60_000);
  t.deepEqual(await instances(id), ["0 success 1", "1 success 2", "2 success 1"]);
  t.is((await rowsOf(id)).sum!.try_number, 2);
  for (const [items, total, after] of [
    ["[5]", 10, ["0 success 2", "1 removed 2", "2 removed 1"]],
    ["[5, 6, 7, 8]", 52, ["0 success 3", "1 success 3", "2 success 2", "3 success 1"]],
  ] as const) {
    await writeFile(path.join(bench.home, "items"), items);
    await clearRun(bench.database, "maps", runId);
    await untilSuccess(bench.database, [id], 60_000);
    t.deepEqual(await instances(id), after);
    t.is(await sum(id), total);
  }
});

test.serial("an unfinished run follows its DAG as it grows and shrinks, when the DAG says so", async (t) => {
  const id = await startRun(bench.database, "grows");
  await until("the first task runs", async () => (await statesOf(id)).first === "running");
  await bench.writeDag("grows.ts", grows("stays", "comes"));
  await until("the run follows", async () => "comes" in (await statesOf(id)));
  await writeFile(path.join(bench.home, "go"), "");
  await untilSuccess(bench.database, [id], 60_000);
  t.deepEqual(await statesOf(id), { first: "success", stays: "success", comes: "success", goes: "removed" });
});
