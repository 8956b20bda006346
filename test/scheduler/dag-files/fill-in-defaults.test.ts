import test from "ava";
import { defaultConfig } from "#core/config/load.ts";
import type { AirflowConfigOverrides } from "#core/config/options.ts";
import { parseDefaultsOf } from "#scheduler/dag-files/configured-defaults.ts";
import { fillInDefaults } from "#scheduler/dag-files/fill-in-defaults.ts";
import { Dag, type DagSpec, type TaskSpec } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

function filled(overrides: AirflowConfigOverrides, task: TaskSpec = {}, spec: DagSpec = {}) {
  const dag = new Dag("d", spec);
  dag.task("t", async () => undefined, task)();
  const own = serializeDag(dag, { fileloc: "/d.ts", relativeFileloc: "d.ts" });
  const serialized = fillInDefaults(own, dag, parseDefaultsOf(defaultConfig(overrides)).taskDefaults);
  return { own, serialized, dag: serialized.dag, task: serialized.dag.tasks[0]!.__var };
}

test("with Airflow's own defaults nothing is written", (t) => {
  const { own, serialized } = filled({});
  t.is(serialized, own);
});

/** A key of the configuration, the field that it fills, what a task may say itself, and what then stands there. */
const KEYS: readonly (readonly [key: string, value: string | number, field: string, own: TaskSpec, kept: unknown])[] = [
  ["default_task_retries", 4, "retries", { retries: 0 }, 0],
  ["default_task_retry_delay", 7, "retry_delay", { retryDelay: 300 }, undefined],
  ["max_task_retry_delay", 600, "max_retry_delay", { maxRetryDelay: 60 }, 60],
  ["default_task_weight_rule", "upstream", "weight_rule", { weightRule: "absolute" }, "absolute"],
  ["default_task_execution_timeout", "90", "execution_timeout", { executionTimeout: 5 }, 5],
];

for (const [key, value, field, own, kept] of KEYS) {
  test(`[core] ${key} counts for tasks that say nothing of their own`, (t) => {
    const overrides = { core: { [key]: value } };
    const fieldOf = (task?: TaskSpec) => (filled(overrides, task).task as unknown as Record<string, unknown>)[field];
    t.is(fieldOf(), typeof value === "string" && /^\d/.test(value) ? Number(value) : value);
    t.is(fieldOf(own), kept);
  });
}

test("[core] max_task_retry_delay cuts what a task asks for", (t) => {
  t.is(filled({ core: { max_task_retry_delay: 600 } }, { maxRetryDelay: 900 }).task.max_retry_delay, 600);
});

test("[celery] default_queue counts where neither the task nor its DAG names a queue", (t) => {
  const overrides = { celery: { default_queue: "slow" } };
  const queues = [filled(overrides), filled(overrides, { queue: "own" }), filled(overrides, {}, { queue: "all" })];
  t.deepEqual(
    queues.map(({ task }) => task.queue),
    ["slow", "own", "all"],
  );
});

test("[core] max_consecutive_failed_dag_runs_per_dag counts for DAGs that say nothing of their own", (t) => {
  const overrides = { core: { max_consecutive_failed_dag_runs_per_dag: 3 } };
  t.is(filled(overrides).dag.max_consecutive_failed_dag_runs, 3);
  t.is(filled(overrides, {}, { maxConsecutiveFailedDagRuns: 5 }).dag.max_consecutive_failed_dag_runs, 5);
});
