import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { Dag } from "#sdk/dag.ts";
import { resolveEdges } from "#sdk/edges.ts";
import { isOperator } from "#sdk/operator.ts";
import { runInTaskScope, type TaskScope } from "#sdk/task-scope.ts";
import { getExecutions } from "#tfx/metadata/executions.ts";
import { Pipeline } from "#tfx/pipeline/pipeline.ts";
import { AirflowDagRunner, AirflowPipelineConfig } from "#tfx/runners/airflow-dag-runner.ts";
import { Learner, Maker, Recorder } from "../helpers/components.ts";
import { createTestStore } from "../helpers/metadata.ts";

function createPipeline(pipelineRoot: string, url?: string) {
  const maker = new Maker(new Recorder());
  const learner = new Learner(new Recorder(), { examples: maker.outputs.examples }).withId("learner");
  return new Pipeline({
    pipelineName: "p",
    pipelineRoot,
    components: [learner, maker],
    metadataConnectionConfig: { url },
  });
}

test("a pipeline becomes a DAG with a task for each node and an edge for each dependency", (t) => {
  const config = { schedule: null, startDate: new Date("2019-01-01") };
  const dag = new AirflowDagRunner(new AirflowPipelineConfig(config)).run(createPipeline("/root"));
  t.is(dag.dagId, "p");
  t.deepEqual(dag.spec, config);
  t.deepEqual(dag.taskIds, ["Maker", "learner"]);
  const graph = Dag.read(dag);
  const [maker, learner] = graph.tasks;
  t.deepEqual([...resolveEdges(graph).downstream.get("Maker")!], ["learner"]);
  for (const task of [maker!, learner!]) {
    t.true(isOperator(task.run) && task.run.operatorName === "AirflowComponent");
  }
});

test("a plain object serves as the configuration, and a wrong option is refused by the DAG", (t) => {
  const dag = new AirflowDagRunner({ schedule: "@daily" }).run(createPipeline("/root"));
  t.is(dag.spec.schedule, "@daily");
  t.throws(() => new AirflowDagRunner({ scheduleInterval: null } as never).run(createPipeline("/root")), {
    message: /Unknown option "scheduleInterval"/,
  });
});

test("a task launches its node under the DAG run's id", async (t) => {
  await using fixture = await createTestStore();
  const pipelineRoot = await mkdtemp(path.join(tmpdir(), "daisy-airflow-"));
  const dag = new AirflowDagRunner().run(createPipeline(pipelineRoot, fixture.url));
  for (const task of Dag.read(dag).tasks) {
    const context = { dagId: "p", taskId: task.id, runId: "manual__1", signal: new AbortController().signal };
    if (!isOperator(task.run)) return t.fail();
    const { execute } = task.run;
    await runInTaskScope({ context } as unknown as TaskScope, () => execute(undefined as never, {}));
  }
  const executions = await getExecutions(fixture.store.db);
  t.deepEqual(
    executions.map(({ properties }) => [properties.component_id, properties.run_id, properties.state]),
    [
      ["Maker", "manual__1", "complete"],
      ["learner", "manual__1", "complete"],
    ],
  );
  await rm(pipelineRoot, { recursive: true });
});
