import test from "ava";
import { Dag } from "#sdk/dag.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { seedDag, seedRun, seedScheduler } from "#test/webserver/helpers/seed.ts";
import { makeHome, runAirflow } from "./helpers/run-airflow.ts";

const RUN = "manual__2019-01-01T00:00:00+00:00";
const NOT_MET = "Task instance dependencies not met:\n";
const NOT_SCHEDULED = "Task Instance State: Task is in the 'None' state.\n";

function fork(): Dag {
  const dag = new Dag("fork");
  const done = async () => undefined;
  const [first, second] = [dag.task("first", done)(), dag.task("second", done)()];
  dag.task("join", done)().after(first, second);
  dag.task("any", done, { triggerRule: "one_success" })().after(first, second);
  dag.task("past", done, { dependsOnPast: true })();
  return dag;
}

test("what keeps a task instance from being queued is told in Airflow's words", async (t) => {
  await using owner = await createTestDatabase();
  await using folder = await makeHome();
  const db = owner.database;
  await seedScheduler(db);
  await seedDag(db, fork());
  await seedRun(db, "fork", "manual__2018-12-31T00:00:00+00:00", { past: "failed" }, { state: "failed" });
  await seedRun(db, "fork", RUN, { first: "success", second: "running", join: null, any: "scheduled", past: null });
  const environment = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: owner.url };
  const states =
    "upstream_states=_UpstreamTIStates(success=1, skipped=0, failed=0, upstream_failed=0, removed=0, done=1, " +
    "success_setup=0, skipped_setup=0), upstream_task_ids={'first', 'second'}";
  const join =
    `${NOT_MET}${NOT_SCHEDULED}Trigger Rule: Task's trigger rule 'all_success' requires all upstream tasks to have ` +
    `succeeded, but found 1 non-success(es). ${states}\n`;
  const past =
    `${NOT_MET}${NOT_SCHEDULED}Previous Dagrun State: depends_on_past is true for this task, but previous task ` +
    "instance(s) are not in a successful state.\n";
  for (const [command, code, out, complaint] of [
    [`tasks failed-deps fork join ${RUN}`, 0, join, ""],
    ["task_failed_deps fork join 2019-01-01", 0, join, ""],
    [`tasks failed-deps fork any ${RUN}`, 0, "Task instance dependencies are all met.\n", ""],
    [`tasks failed-deps fork past ${RUN}`, 0, past, ""],
    [`tasks failed-deps fork any ${RUN} --map-index 3`, 1, "", "Task any[3] not found in dag fork"],
    ["tasks failed-deps fork any manual__other", 1, "", "DagRun for fork with run_id"],
  ] as const) {
    const outcome = await runAirflow(command.split(" "), environment);
    t.deepEqual([outcome.code, outcome.stdout], [code, out], `${command}: ${outcome.stderr}`);
    t.true(outcome.stderr.includes(complaint), outcome.stderr);
  }
  await db.query("update dag set is_paused = true");
  await db.query("update pool set slots = 1");
  await db.query("update dag_run set state = 'queued' where run_id = $1", [RUN]);
  const { stdout } = await runAirflow(["tasks", "failed-deps", "fork", "any", RUN], environment);
  t.is(
    stdout,
    `${NOT_MET}Dag Not Paused: Task's DAG 'fork' is paused.\n` +
      "Dagrun Running: Task instance's dagrun was not in the 'running' state but in the state 'queued'.\n" +
      "Pool Slots Available: Not scheduling since there are 0 open slots in pool default_pool and require 1 pool slots\n",
  );
});

test("the details of a DAG are a line for each property", async (t) => {
  await using owner = await createTestDatabase();
  await using folder = await makeHome();
  await seedScheduler(owner.database);
  await seedDag(owner.database, fork());
  const environment = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: owner.url };
  const table = await runAirflow(["dags", "details", "fork"], environment);
  t.regex(table.stdout, /^property_name +\| property_value/);
  t.regex(table.stdout, /^dag_id +\| fork$/m);
  t.regex(table.stdout, /^is_paused +\| False$/m);
  const json = await runAirflow(["dags", "details", "fork", "-o", "json"], environment);
  t.is((JSON.parse(json.stdout) as { max_active_runs: string }[])[0]!.max_active_runs, "16");
  t.is((await runAirflow(["dags", "details", "none"], environment)).code, 1);
});
