import test from "ava";
import { type Bench, startBench } from "#bench/harness.ts";
import { startRun, untilSuccess } from "#bench/runs.ts";
import { notifyRun } from "#core/database/notifications.ts";

let bench: Bench;
test.before(async () => {
  bench = await startBench();
});
test.after.always(() => bench?.[Symbol.asyncDispose]());

async function statesOf(id: number): Promise<Record<string, string>> {
  const { rows } = await bench.database.query<{ task_id: string; state: string }>(
    "select task_id, state from task_instance where dag_run_id = $1",
    [id],
  );
  return Object.fromEntries(rows.map((row) => [row.task_id, row.state]));
}

async function xcomsOf(id: number, taskId: string): Promise<Record<string, unknown>> {
  const { rows } = await bench.database.query<{ key: string; value: unknown }>(
    "select key, value from xcom where dag_run_id = $1 and task_id = $2",
    [id, taskId],
  );
  return Object.fromEntries(rows.map((row) => [row.key, row.value]));
}

const BRANCHES = `
import { Dag } from "apache-airflow-ts-sdk";
const dag = new Dag("branches");
const place = (id, options) => dag.task(id, async () => id, options)();
const [yes, no, small, large, only] = ["yes", "no", "small", "large", "only"].map((id) => place(id));
const count = dag.task("count", async () => 3)();
dag.if(async ({ count }) => count > 5, { count }, { taskId: "condition" }).then(yes).else(no);
dag.switch(async ({ count }) => (count < 5 ? small : large), { count }, { taskId: "branch" }).case(small).case(large);
dag.if(async () => true, undefined, { taskId: "one_sided" }).then(only);
yes.before(place("after_yes"));
place("join", { triggerRule: "none_failed_min_one_success" }).after(yes, no, small, large);
`;

test("what a condition or a branch does not take is skipped, and what comes after follows its trigger rule", async (t) => {
  await bench.writeDag("branches.ts", BRANCHES);
  await bench.untilDags(1);
  const id = await startRun(bench.database, "branches");
  await untilSuccess(bench.database, [id], 60_000);
  t.deepEqual(await statesOf(id), {
    count: "success",
    condition: "success",
    branch: "success",
    one_sided: "success",
    yes: "skipped",
    after_yes: "skipped",
    no: "success",
    small: "success",
    large: "skipped",
    only: "success",
    join: "success",
  });
  t.deepEqual(await xcomsOf(id, "condition"), { return_value: false, skipmixin_key: { skipped: ["yes"] } });
  t.deepEqual(await xcomsOf(id, "branch"), { return_value: "small", skipmixin_key: { skipped: ["large"] } });
  t.deepEqual(await xcomsOf(id, "one_sided"), { return_value: true });

  // Airflow's NotPreviouslySkippedDep: clearing the skipped task alone does not undo the decision.
  await bench.database.query("update task_instance set state = null where dag_run_id = $1 and task_id = 'yes'", [id]);
  await bench.database.query("update dag_run set state = 'running' where id = $1", [id]);
  await notifyRun(bench.database, "daisy_run", { dagRunId: id, dagId: "branches" });
  await untilSuccess(bench.database, [id], 60_000);
  t.is((await statesOf(id)).yes, "skipped");
});
