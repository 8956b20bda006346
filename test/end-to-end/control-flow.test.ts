import test from "ava";
import { type Bench, startBench } from "#bench/harness.ts";
import { startRun, untilSuccess } from "#bench/runs.ts";
import { clearInstances } from "#core/database/by-hand/clear-instances.ts";
import { createBackfill } from "#core/database/create-backfill.ts";
import { notifyRun } from "#core/database/notifications.ts";
import { statesOfRun, untilRun } from "#test/helpers/run-states.ts";

let bench: Bench;
test.before(async () => {
  bench = await startBench();
  bench.start("triggerer");
});
test.after.always(() => bench?.[Symbol.asyncDispose]());

const statesOf = (id: number) => statesOfRun(bench.database, id);

async function xcomsOf(id: number, taskId: string): Promise<Record<string, unknown>> {
  const { rows } = await bench.database.query<{ key: string; value: unknown }>(
    "select key, value from xcom where dag_run_id = $1 and task_id = $2",
    [id, taskId],
  );
  return Object.fromEntries(rows.map((row) => [row.key, row.value]));
}

const BRANCHES = `
import { Bundle, Dag } from "apache-airflow-ts-sdk";
const dag = new Dag("branches");
const place = (id, options) => dag.task(id, async () => id, options)();
const [yes, no, small, large, only] = ["yes", "no", "small", "large", "only"].map((id) => place(id));
const count = dag.task("count", async () => 3)();
dag.if(async ({ count }) => count > 5, { count }, { taskId: "condition" }).then(yes).else(no);
dag.switch(async ({ count }) => (count < 5 ? small : large), { count }, { taskId: "branch" }).case(small).case(large);
dag.if(async () => true, undefined, { taskId: "one_sided" }).then(only);
yes.before(place("after_yes"));
place("join", { triggerRule: "none_failed_min_one_success" }).after(yes, no, small, large);
await new Bundle(dag).serve();
`;

test.serial(
  "what a condition or a branch does not take is skipped, and what comes after follows its trigger rule",
  async (t) => {
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
  },
);

const DECIDERS = `
import { branch, Dag, latestOnly, shortCircuit } from "daisy";
const dag = new Dag("deciders", { schedule: "@daily" });
const place = (id, options) => dag.task(id, async () => id, options)();
const stop = dag.task("stop", shortCircuit(async () => []))();
stop.before(place("near"));
place("far", { triggerRule: "all_done" }).after(place("middle").after(stop));
const ease = dag.task("ease", shortCircuit(async () => false, { ignoreDownstreamTriggerRules: false }))();
place("ease_far", { triggerRule: "all_done" }).after(place("ease_near").after(ease));
const pick = dag.task("pick", branch(async () => ["left", "group"]))();
const group = dag.taskGroup("group");
group.task("inner", async () => 1)();
const left = place("left");
pick.before(left, group, place("right"), place("join", { triggerRule: "none_failed_min_one_success" }).after(left));
dag.task("latest", latestOnly())().before(place("if_latest"));
`;

test.serial(
  "short circuits, branches by ids and latest only skip as in Airflow, and again when what they skipped is cleared",
  async (t) => {
    await bench.writeDag("deciders.ts", DECIDERS);
    await bench.untilDags(2);
    await bench.database.query(
      "update dag set next_dagrun_run_after = null, is_paused = false where dag_id = 'deciders'",
    );
    await createBackfill(bench.database, {
      dagId: "deciders",
      from: new Date("2024-01-01Z"),
      to: new Date("2024-01-01Z"),
    });
    const { rows } = await bench.database.query<{ id: number }>("select id from dag_run where run_type = 'backfill'");
    const id = rows[0]!.id;
    await untilSuccess(bench.database, [id], 60_000);
    const states = {
      stop: "success",
      near: "skipped",
      middle: "skipped",
      far: "skipped",
      ease: "success",
      ease_near: "skipped",
      ease_far: "success",
      pick: "success",
      left: "success",
      right: "skipped",
      join: "success",
      "group.inner": "success",
      latest: "success",
      if_latest: "skipped",
    };
    t.deepEqual(await statesOf(id), states);
    t.deepEqual(await xcomsOf(id, "stop"), { return_value: [], skipmixin_key: { skipped: ["far", "middle", "near"] } });
    t.deepEqual(await xcomsOf(id, "ease"), { return_value: false, skipmixin_key: { skipped: ["ease_near"] } });
    t.deepEqual(await xcomsOf(id, "pick"), {
      return_value: ["left", "group"],
      skipmixin_key: { followed: ["group.inner", "join", "left"] },
    });
    t.deepEqual(await xcomsOf(id, "latest"), { return_value: [], skipmixin_key: { followed: [] } });
    const cleared = ["near", "ease_near", "right", "if_latest", "join"];
    await clearInstances(bench.database, {
      dagId: "deciders",
      runs: { runId: "backfill__2024-01-01T00:00:00+00:00" },
      tasks: cleared,
    });
    await untilSuccess(bench.database, [id], 60_000);
    t.deepEqual(await statesOf(id), states);

    const manual = await startRun(bench.database, "deciders");
    await untilSuccess(bench.database, [manual], 60_000);
    t.is((await statesOf(manual)).if_latest, "success");
  },
);

const PER_ITEM = `
import { branch, Dag, shortCircuit } from "daisy";
const dag = new Dag("per_item");
dag.taskGroup("item").expand({ n: [1, 2, 3] }, (group, { n }) => {
  const odd = group.task("odd", shortCircuit(async ({ n }) => n % 2 === 1))({ n });
  const work = group.task("work", async () => "worked")().after(odd);
  const pick = group.task("pick", branch(async ({ n }) => (n === 1 ? "item.small" : "item.large")))({ n });
  pick.after(work);
  pick.before(group.task("small", async () => 1)(), group.task("large", async () => 1)());
});
`;

test.serial("a decision in a mapped group skips the tasks of its own index", async (t) => {
  await bench.writeDag("per_item.ts", PER_ITEM);
  await bench.untilDags(3);
  const id = await startRun(bench.database, "per_item");
  await untilSuccess(bench.database, [id], 60_000);
  const { rows } = await bench.database.query<{ task: string; states: string[] }>(
    `select substring(task_id from 6) as task, json_agg(state order by map_index) as states
       from task_instance where dag_run_id = $1 group by task_id`,
    [id],
  );
  t.deepEqual(Object.fromEntries(rows.map((row) => [row.task, row.states])), {
    odd: ["success", "success", "success"],
    work: ["success", "skipped", "success"],
    pick: ["success", "skipped", "success"],
    small: ["success", "skipped", "skipped"],
    large: ["skipped", "skipped", "success"],
  });
});

const TRIGGERS = `
import { Dag, triggerDagRun } from "apache-airflow-ts-sdk";

const target = new Dag("target");
target.task("work", async () => undefined)();
const failing = new Dag("failing");
failing.task("work", async () => { throw new Error("no"); })();

const trigger = new Dag("trigger");
const place = (taskId, options, spec) => trigger.task(triggerDagRun(options), { taskId, ...spec })();
place("plain", { dagId: "target", conf: { x: [1] }, note: "from a test", logicalDate: new Date("2020-01-01T00:00:00Z") });
place("waits", { dagId: "target", runId: "awaited", logicalDate: null, waitForCompletion: true, pokeInterval: 0.05 });
place("deferrable", { dagId: "target", runId: "deferred", logicalDate: null, waitForCompletion: true, pokeInterval: 0.05, deferrable: true });
place("fails", { dagId: "failing", waitForCompletion: true, pokeInterval: 0.05 });
place("unknown", { dagId: "nowhere" }, { retries: 1, retryDelay: 0 });
const first = place("first", { dagId: "target", runId: "twice", logicalDate: null });
place("skips", { dagId: "target", runId: "twice", skipWhenAlreadyExists: true }).after(first);
place("again", { dagId: "target", runId: "twice" }, { retries: 3 }).after(first);
`;

test.serial(
  "a task triggers runs of other DAGs, waits for them when asked to, and fails or skips when one exists",
  async (t) => {
    await bench.writeDag("triggers.ts", TRIGGERS);
    await bench.untilDags(6);
    const id = await startRun(bench.database, "trigger");
    await untilRun(bench.database, id, "failed");
    t.deepEqual(await statesOf(id), {
      plain: "success",
      waits: "success",
      deferrable: "success",
      fails: "failed",
      unknown: "failed",
      first: "success",
      skips: "skipped",
      again: "failed",
    });
    t.deepEqual(await xcomsOf(id, "plain"), {
      _link_TriggerDagRunLink: "http://localhost:8080/dags/target/runs/manual__2020-01-01T00:00:00+00:00",
      trigger_run_id: "manual__2020-01-01T00:00:00+00:00",
    });
    const { rows: tries } = await bench.database.query(
      "select task_id, try_number from task_instance where dag_run_id = $1 and task_id in ('again', 'unknown') order by 1",
      [id],
    );
    t.deepEqual(tries, [
      { task_id: "again", try_number: 1 },
      { task_id: "unknown", try_number: 2 },
    ]);
    const { rows: triggered } = await bench.database.query(
      "select run_id, conf, note, triggered_by from dag_run where dag_id = 'target' order by run_id",
    );
    t.deepEqual(
      triggered.map((run) => run.run_id),
      ["awaited", "deferred", "manual__2020-01-01T00:00:00+00:00", "twice"],
    );
    t.like(triggered[2], { conf: { x: [1] }, note: "from a test", triggered_by: "operator" });
  },
);
