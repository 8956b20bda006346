import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import test, { type ExecutionContext } from "ava";
import { Dag } from "#sdk/dag.ts";
import { isOperator } from "#sdk/operator.ts";
import { runInTaskScope, type TaskScope } from "#sdk/task-scope.ts";
import { getArtifacts, getArtifactsByType } from "#tfx/metadata/artifacts.ts";
import { getExecutions } from "#tfx/metadata/executions.ts";
import { getLineage } from "#tfx/metadata/lineage.ts";
import { ExecutionState } from "#tfx/metadata/records.ts";
import { createTestStore } from "../tfx/helpers/metadata.ts";
import { bundleDagFile } from "./bundle.ts";
import { dagFile } from "./steps.ts";

const DATA = fileURLToPath(new URL("../../../shared/data/taxi/data.csv", import.meta.url));
const ROWS = 3_000;

// The DAG file takes its folders from the environment when it is loaded, so there is one run per process.
test("the solution's pipeline goes from a CSV file to a pushed model, and a second run is served from the cache", async (t) => {
  if (!(await isThere(DATA))) {
    t.log(`Skipped: the taxi data is not at ${DATA}`);
    return t.pass();
  }
  t.timeout(300_000);
  await using fixture = await createTestStore();
  const { db } = fixture.store;
  const home = await mkdtemp(path.join(tmpdir(), "daisy-taxi-"));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  await prepareHome(home);
  process.env.AIRFLOW_HOME = home;
  process.env.DAISY_METADATA_URL = fixture.url;
  const dag = await loadDag(home);

  await runDag(t, dag, "first");
  t.deepEqual(
    (await getArtifacts(db)).map(({ id, type, customProperties }) => `${id} ${type} ${customProperties.name}`),
    [
      "1 Examples examples",
      "2 ExampleStatistics statistics",
      "3 Schema schema",
      "4 ExampleAnomalies anomalies",
      "5 TransformGraph transform_graph",
      "6 Examples transformed_examples",
      "7 TransformCache updated_analyzer_cache",
      "8 Schema pre_transform_schema",
      "9 ExampleStatistics pre_transform_stats",
      "10 Schema post_transform_schema",
      "11 ExampleStatistics post_transform_stats",
      "12 ExampleAnomalies post_transform_anomalies",
      "13 Model model",
      "14 ModelRun model_run",
      "15 ModelEvaluation evaluation",
      "16 ModelBlessing blessing",
      "17 PushedModel pushed_model",
    ],
  );
  const [blessing] = await getArtifactsByType(db, "ModelBlessing");
  t.like(blessing!.customProperties, { blessed: 1, current_model_id: 13 });
  const served = path.join(home, "serving_model", "taxi_solution");
  const [version] = await readdir(served);
  t.true((await readdir(path.join(served, version!))).includes("saved_model.pb"));
  const lineage = await getLineage(db, 17);
  t.deepEqual(
    lineage.executions.map(({ properties }) => properties.component_id),
    ["CsvExampleGen", "StatisticsGen", "SchemaGen", "Transform", "Trainer", "Evaluator", "Pusher"],
  );

  await runDag(t, dag, "second");
  const again = (await getExecutions(db)).filter(({ properties }) => properties.run_id === "second");
  const ran = again
    .filter(({ state }) => state !== ExecutionState.CACHED)
    .map(({ properties }) => properties.component_id);
  // The resolver finds the first run's model now, so the Evaluator has an input that it had not.
  t.deepEqual(ran, ["Evaluator", "Pusher"]);
});

/** A home with the first rows of the data and the workshop's module. */
async function prepareHome(home: string): Promise<void> {
  await mkdir(path.join(home, "data", "taxi_data"), { recursive: true });
  await mkdir(path.join(home, "dags"));
  const lines = (await readFile(DATA, "utf8")).split("\n", ROWS + 1);
  await writeFile(path.join(home, "data", "taxi_data", "data.csv"), `${lines.join("\n")}\n`);
  await copyFile(dagFile("taxi_utils_solution.ts"), path.join(home, "dags", "taxi_utils_solution.ts"));
}

/** The solution's DAG, with fewer training steps. */
async function loadDag(home: string): Promise<Dag> {
  const text = await readFile(dagFile("taxi_pipeline_solution.ts"), "utf8");
  const short = text.replace("numSteps: 10_000", "numSteps: 500").replace("numSteps: 5_000", "numSteps: 20");
  const file = path.join(home, "dag.mjs");
  await writeFile(file, await bundleDagFile(short));
  return ((await import(pathToFileURL(file).href)) as { DAG: Dag }).DAG;
}

/** Runs a DAG's tasks one after the other, as a worker runs each. */
async function runDag(t: ExecutionContext, dag: Dag, runId: string): Promise<void> {
  for (const { id, run } of Dag.read(dag).tasks) {
    if (!isOperator(run)) return t.fail(`${id} is not an operator`);
    const context = { dagId: dag.dagId, taskId: id, runId, tryNumber: 1, signal: new AbortController().signal };
    await runInTaskScope({ context } as unknown as TaskScope, () => run.execute(undefined as never, {}));
  }
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
