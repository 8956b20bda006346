import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { CsvExampleGen } from "#tfx/components/csv-example-gen/component.ts";
import type { Execute, Json } from "#tfx/components/executor.ts";
import { loadModule } from "#tfx/components/load-module.ts";
import { readTfRecords } from "#tfx/data/tfrecord.ts";
import { messageType } from "#tfx/protos/message-type.ts";
import { type Artifact, type ArtifactLists, newArtifact } from "#tfx/types/artifact.ts";
import * as types from "#tfx/types/artifact-type.ts";
import { executorContext, temporaryFolder } from "../tfx/helpers/execution.ts";

const REPOSITORY = path.join(import.meta.dirname, "..", "..");
const SOLUTION = path.join(REPOSITORY, "dags", "taxi_utils_solution.ts");
const EXERCISE = path.join(REPOSITORY, "dags", "taxi_utils.ts");
const DATA = path.join(REPOSITORY, "..", "shared", "data", "taxi", "data.csv");

/** What `sed` with `s#^// ##` does to a step's block and to its single lines. */
function uncomment(text: string, step: number): string {
  let isInside = false;
  return text
    .split("\n")
    .map((line) => {
      if (line.includes(`START Step ${step}`)) isInside = true;
      if (line.includes(`END Step ${step}`)) isInside = false;
      return isInside || line.endsWith(`// Step ${step}`) ? line.replace(/^\/\/ /, "") : line;
    })
    .join("\n");
}

async function exportsOf(t: ExecutionContext, text: string): Promise<string[]> {
  const file = path.join(await temporaryFolder(t), "taxi_utils.ts");
  await writeFile(file, text);
  return Object.keys(await loadModule(file)).filter((name) => name.endsWith("Fn"));
}

test("the exercise loads at each step, and gains the step's function", async (t) => {
  const text = await readFile(EXERCISE, "utf8");
  const step4 = uncomment(text, 4);
  t.deepEqual(await exportsOf(t, text), []);
  t.deepEqual(await exportsOf(t, step4), ["preprocessingFn"]);
  t.deepEqual(await exportsOf(t, uncomment(step4, 5)), ["preprocessingFn", "runFn"]);
});

test("the completed exercise says what the solution says", async (t) => {
  const solution = await readFile(SOLUTION, "utf8");
  const completed = uncomment(uncomment(await readFile(EXERCISE, "utf8"), 4), 5);
  // The two differ in their first lines and in where the imports stand.
  const code = (text: string): string[] =>
    text
      .slice(text.indexOf("// The largest value"))
      .replace(/^import \{[^}]*\} from "daisy\/tfx";\n/m, "")
      .split("\n")
      .filter((line) => line.trim() !== "" && !/(START|END) Step/.test(line));
  t.deepEqual(code(completed), code(solution));
});

/** Runs the components of the workshop's pipeline by hand, without a metadata store. */
class Workshop {
  readonly #t: ExecutionContext;
  readonly #root: string;
  readonly lines: string[] = [];
  #ids = 0;

  constructor(t: ExecutionContext, root: string) {
    this.#t = t;
    this.#root = root;
  }

  async artifact(type: types.ArtifactType, name: string): Promise<Artifact> {
    const artifact = newArtifact(type, path.join(this.#root, name));
    artifact.id = ++this.#ids;
    await mkdir(artifact.uri, { recursive: true });
    return artifact;
  }

  async run(component: string, inputs: ArtifactLists, outputs: ArtifactLists, properties: Record<string, Json>) {
    const { execute } = (await import(`#tfx/components/${component}/executor.ts`)) as { execute: Execute };
    const context = await executorContext(this.#t);
    await execute(inputs, outputs, properties, context);
    this.lines.push(...context.lines);
  }
}

const EVAL_CONFIG = {
  model_specs: [{ label_key: "tips", preprocessing_function_names: ["transform_features"] }],
  slicing_specs: [{}, { feature_keys: ["trip_start_hour"] }],
  metrics_specs: [
    {
      metrics: [
        { class_name: "ExampleCount" },
        {
          class_name: "BinaryAccuracy",
          threshold: {
            value_threshold: { lower_bound: 0.5 },
            change_threshold: { direction: "HIGHER_IS_BETTER", absolute: -1e-10 },
          },
        },
      ],
    },
  ],
};

interface MetricsRecord {
  readonly slice_key?: { readonly single_slice_keys: readonly { column: string; int64_value?: number }[] };
  readonly metric_keys_and_values: readonly {
    readonly key: { readonly name: string; readonly model_name?: string; readonly is_diff?: boolean };
    readonly value: { readonly double_value?: { readonly value?: number } };
  }[];
}

const MetricsForSlice = messageType<MetricsRecord>(
  "tensorflow_model_analysis/proto/metrics_for_slice.proto",
  "tensorflow_model_analysis.MetricsForSlice",
);

async function readMetrics(evaluation: Artifact): Promise<MetricsRecord[]> {
  const records: MetricsRecord[] = [];
  for await (const record of readTfRecords(path.join(evaluation.uri, "metrics-00000-of-00001.tfrecord"))) {
    records.push(MetricsForSlice.decode(record));
  }
  return records;
}

test("on the workshop's data, the model is right in more than 85 of 100 trips, is blessed and pushed", async (t) => {
  if (!existsSync(DATA)) {
    t.log(`${DATA} is not there`);
    return void t.pass();
  }
  t.timeout(120_000);
  const root = await temporaryFolder(t);
  const workshop = new Workshop(t, root);
  const input = path.join(root, "data");
  await mkdir(input);
  await copyFile(DATA, path.join(input, "data.csv"));

  const examples = [await workshop.artifact(types.Examples, "examples")];
  const statistics = [await workshop.artifact(types.ExampleStatistics, "statistics")];
  const schema = [await workshop.artifact(types.Schema, "schema")];
  const transformGraph = [await workshop.artifact(types.TransformGraph, "transform_graph")];
  const transformed = [await workshop.artifact(types.Examples, "transformed_examples")];
  const model = [await workshop.artifact(types.Model, "model")];
  const modelRun = [await workshop.artifact(types.ModelRun, "model_run")];

  await workshop.run("csv-example-gen", {}, { examples }, new CsvExampleGen({ inputBase: input }).execProperties);
  await workshop.run("statistics-gen", { examples }, { statistics }, { exclude_splits: [] });
  await workshop.run("schema-gen", { statistics }, { schema }, { infer_feature_shape: false, exclude_splits: [] });
  await workshop.run(
    "transform",
    { examples, schema },
    { transform_graph: transformGraph, transformed_examples: transformed },
    { module_file: SOLUTION, disable_statistics: true },
  );
  await workshop.run(
    "trainer",
    { examples: transformed, transform_graph: transformGraph, schema },
    { model, model_run: modelRun },
    { module_file: SOLUTION, train_args: { num_steps: 2000 }, eval_args: { num_steps: 100 } },
  );
  t.deepEqual((await readdir(modelRun[0]!.uri)).sort(), ["train", "validation"]);

  // The first run has no baseline.
  const evaluation = await workshop.artifact(types.ModelEvaluation, "evaluation");
  const blessing = await workshop.artifact(types.ModelBlessing, "blessing");
  const evaluationOutputs = { evaluation: [evaluation], blessing: [blessing] };
  await workshop.run("evaluator", { examples, model }, evaluationOutputs, { eval_config: EVAL_CONFIG });
  t.deepEqual(await readdir(blessing.uri), ["BLESSED"]);
  t.is(blessing.customProperties.blessed, 1);
  t.is(blessing.customProperties.current_model_id, model[0]!.id);
  const [overall, ...hours] = await readMetrics(evaluation);
  const metric = (record: MetricsRecord, name: string): number =>
    record.metric_keys_and_values.find(({ key }) => key.name === name)?.value.double_value?.value ?? 0;
  t.true(metric(overall!, "binary_accuracy") >= 0.85, String(metric(overall!, "binary_accuracy")));
  t.is(metric(overall!, "example_count"), 5073);
  t.is(hours.length, 24);
  t.is(
    hours.reduce((sum, hour) => sum + metric(hour, "example_count"), 0),
    5073,
  );

  // Compared with itself, it is no worse.
  const again = await workshop.artifact(types.ModelEvaluation, "evaluation_2");
  const blessedAgain = await workshop.artifact(types.ModelBlessing, "blessing_2");
  const outputsAgain = { evaluation: [again], blessing: [blessedAgain] };
  await workshop.run("evaluator", { examples, model, baseline_model: model }, outputsAgain, {
    eval_config: EVAL_CONFIG,
  });
  t.is(blessedAgain.customProperties.blessed, 1);
  t.is(blessedAgain.customProperties.baseline_model, model[0]!.uri);
  const [compared] = await readMetrics(again);
  t.deepEqual(
    compared!.metric_keys_and_values
      .filter(({ key }) => key.name === "binary_accuracy")
      .map(({ key }) => [key.model_name, key.is_diff ?? false]),
    [
      ["baseline", false],
      ["candidate", false],
      ["candidate", true],
    ],
  );

  // Without a threshold there is nothing to bless by.
  const unvalidated = await workshop.artifact(types.ModelEvaluation, "evaluation_3");
  const undecided = await workshop.artifact(types.ModelBlessing, "blessing_3");
  const metricsOnly = { ...EVAL_CONFIG, metrics_specs: [{ metrics: [{ class_name: "AUC" }] }] };
  const outputsUndecided = { evaluation: [unvalidated], blessing: [undecided] };
  await workshop.run("evaluator", { examples, model }, outputsUndecided, { eval_config: metricsOnly });
  t.deepEqual(await readdir(undecided.uri), []);
  t.deepEqual(undecided.customProperties, {});
  t.true(workshop.lines.includes("No threshold configured, will not validate model."));

  for (const [modelSpec, message] of [
    [{}, /modelSpecs should name a labelKey/],
    [{ label_key: "tip" }, /no feature "tip" for the label/],
    [{ label_key: "tips", signature_name: "other" }, /Only the signature serving_default/],
    [{ label_key: "tips", prediction_key: "score" }, /no output "score" for predictionKey; it has outputs/],
    [{ label_key: "tips", preprocessing_function_names: ["other"] }, /is transform_features, got "other"/],
    // Dollars are not a class.
    [{ label_key: "tips" }, /takes labels from 0 to 1, got/],
  ] as const) {
    const config = { ...EVAL_CONFIG, model_specs: [modelSpec] };
    await t.throwsAsync(workshop.run("evaluator", { examples, model }, outputsUndecided, { eval_config: config }), {
      message,
    });
  }

  const pushed = await workshop.artifact(types.PushedModel, "pushed");
  const serving = path.join(root, "serving");
  await workshop.run(
    "pusher",
    { model, model_blessing: [blessing] },
    { pushed_model: [pushed] },
    { push_destination: { filesystem: { base_directory: serving } } },
  );
  const [version] = await readdir(serving);
  t.true(existsSync(path.join(serving, version!, "saved_model.pb")));
});
