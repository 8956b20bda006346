import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import type { Json } from "#tfx/components/executor.ts";
import { Transform } from "#tfx/components/transform/component.ts";
import { execute } from "#tfx/components/transform/executor.ts";
import { readExamples, writeExamples } from "#tfx/data/examples.ts";
import { type ExamplesFormat, setExamplesFormat } from "#tfx/data/payload-format.ts";
import { Channel } from "#tfx/pipeline/channel.ts";
import { writeSchemaFile } from "#tfx/schema/schema-file.ts";
import { TransformOutput } from "#tfx/transform/transform-output.ts";
import type { Artifact } from "#tfx/types/artifact.ts";
import { type ArtifactType, Examples, Schema } from "#tfx/types/artifact-type.ts";
import { executorContext, outputArtifact, splitArtifact, temporaryFolder } from "../../helpers/execution.ts";
import { type Row, rowsBatch } from "../../transform/transforms.ts";

const TRAIN: Row[] = [{ f: 1, s: "a" }, { f: 3, s: "b" }, { s: "b" }];
const EVAL: Row[] = [{ f: 5, s: "c" }];

const SCHEMA = {
  feature: [
    { name: "f", type: "FLOAT" },
    { name: "i", type: "INT" },
    { name: "s", type: "BYTES" },
  ],
} as const;

const MODULE = `
  import { ops, tft } from "daisy/tfx";
  export function preprocessingFn({ f, s }, config) {
    const fare = ops.squeeze(ops.sparseToDense(f, 0));
    return {
      fare: tft.scaleTo01(fare),
      word: tft.computeAndApplyVocabulary(ops.squeeze(ops.sparseToDense(s, "")), { numOovBuckets: 1 }),
      shifted: ops.add(fare, config?.shift ?? 0),
    };
  }
  export const other = ({ f }) => ({ same: ops.sparseToDense(f, -1) });
  export const failing = () => { throw new Error("no such feature engineering"); };
`;

async function setUp(t: ExecutionContext, format: ExamplesFormat = "FORMAT_PARQUET") {
  const examples = splitArtifact(Examples, await temporaryFolder(t), ["train", "eval"]);
  setExamplesFormat(examples, format);
  const columns = Array.from(rowsBatch([]).columns.values(), ({ name, type }) => ({ name, type }));
  await writeExamples(examples, "train", columns, [rowsBatch(TRAIN.slice(0, 2)), rowsBatch(TRAIN.slice(2))]);
  await writeExamples(examples, "eval", columns, [rowsBatch(EVAL)]);
  const schema = await outputArtifact(t, Schema);
  await writeSchemaFile(path.join(schema.uri, "schema.pbtxt"), SCHEMA);
  const moduleFile = path.join(await temporaryFolder(t), "utils.ts");
  await writeFile(moduleFile, MODULE);
  const outputs: Record<string, Artifact[]> = {};
  const component = new Transform({ examples: channelOf(Examples), schema: channelOf(Schema), moduleFile });
  for (const [key, type] of Object.entries(component.spec.outputs)) outputs[key] = [await outputArtifact(t, type)];
  const context = await executorContext(t);
  return {
    moduleFile,
    context,
    artifact: (key: string) => outputs[key]![0]!,
    run: (properties: Record<string, Json> = {}) =>
      execute(
        { examples: [examples], schema: [schema] },
        outputs,
        { ...component.execProperties, ...properties },
        context,
      ),
  };
}

/** An output of some other component. */
function channelOf(type: ArtifactType): Channel {
  return new Channel(type, { producer: { id: "Other" }, outputKey: "output" });
}

async function rowsOf(artifact: Artifact, split: string): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {};
  for await (const { columns } of readExamples(artifact, split)) {
    for (const { name, values } of columns.values()) rows[name] = [...(rows[name] ?? []), ...values];
  }
  return rows;
}

for (const format of ["FORMAT_PARQUET", "FORMAT_TF_EXAMPLE"] as const) {
  test(`analyses train, transforms all splits, and keeps the format ${format}`, async (t) => {
    const { run, artifact, context } = await setUp(t, format);
    await run();
    const transformed = artifact("transformed_examples");
    t.is(transformed.customProperties.payload_format, format);
    t.deepEqual(await rowsOf(transformed, "train"), {
      fare: [Math.fround(1 / 3), 1, 0],
      word: [1, 0, 0],
      shifted: [1, 3, 0],
    });
    // Values beyond what was analysed leave the range, and unknown words share the bucket after the vocabulary.
    t.deepEqual(await rowsOf(transformed, "eval"), {
      fare: [Math.fround(5 * Math.fround(1 / 3))],
      word: [2],
      shifted: [5],
    });
    const suffix = format === "FORMAT_PARQUET" ? "parquet" : "gz";
    t.deepEqual(await readdir(path.join(transformed.uri, "Split-eval")), [
      `transformed_examples-00000-of-00001.${suffix}`,
    ]);
    t.true(context.lines.includes("Split train: 3 examples transformed"));

    const output = await TransformOutput.load(artifact("transform_graph").uri);
    t.deepEqual(output.vocabularyByName("vocab_compute_and_apply_vocabulary_vocabulary"), ["b", "a"]);
    t.deepEqual(Object.keys(output.rawFeatureSpec()), ["f", "i", "s"]);
    t.deepEqual(await readdir(path.join(artifact("transform_graph").uri, "transform_fn")), [
      "assets",
      "assets.extra",
      "saved_model.pb",
    ]);
  });
}

test("describes the examples before and after", async (t) => {
  const { run, artifact } = await setUp(t);
  await run();
  for (const key of ["pre_transform_stats", "post_transform_stats"]) {
    t.deepEqual(await readdir(artifact(key).uri), ["FeatureStats.pb"]);
  }
  t.deepEqual(await readdir(artifact("post_transform_anomalies").uri), ["SchemaDiff.pb"]);
  const schema = await readFile(path.join(artifact("post_transform_schema").uri, "schema.pbtxt"), "utf8");
  t.regex(schema, /name: "word"\n {2}type: INT\n {2}int_domain \{\n {4}min: 0\n {4}max: 2\n {4}is_categorical: true/);
});

test("leaves out what it is told to leave out", async (t) => {
  const { run, artifact } = await setUp(t);
  await run({ materialize: false, disable_statistics: true });
  t.is(artifact("transformed_examples").properties.split_names, "[]");
  t.deepEqual(await readdir(artifact("transformed_examples").uri), []);
  t.deepEqual(await readdir(artifact("pre_transform_stats").uri), []);
  await TransformOutput.load(artifact("transform_graph").uri);
});

test("describes transformed examples also when it does not write them", async (t) => {
  const { run, artifact } = await setUp(t);
  await run({ materialize: false });
  t.deepEqual(await readdir(artifact("post_transform_stats").uri), ["FeatureStats.pb"]);
});

test("analyses and transforms the splits it is given, with a configuration of the user's", async (t) => {
  const { run, artifact } = await setUp(t);
  await run({ splits_config: { analyze: ["train", "eval"], transform: ["eval"] }, custom_config: { shift: 2 } });
  t.is(artifact("transformed_examples").properties.split_names, '["eval"]');
  t.deepEqual(await rowsOf(artifact("transformed_examples"), "eval"), { fare: [1], word: [1], shifted: [7] });
});

test("runs a function of another name", async (t) => {
  const { run, artifact, moduleFile } = await setUp(t);
  await run({ module_file: null, preprocessing_fn: `${moduleFile}:other` });
  t.deepEqual(await rowsOf(artifact("transformed_examples"), "train"), { same: [1, 3, -1] });
});

test("tells what is wrong with the user's function or the splits", async (t) => {
  const { run, moduleFile } = await setUp(t);
  await t.throwsAsync(run({ preprocessing_fn: `${moduleFile}:failing` }), { message: "no such feature engineering" });
  await t.throwsAsync(run({ preprocessing_fn: `${moduleFile}:absent` }), { message: /must export a function absent/ });
  await t.throwsAsync(run({ splits_config: { analyze: ["test"] } }), {
    message: "Transform needs the split(s) test; the examples hold train, eval",
  });
  await t.throwsAsync(run({ force_tf_compat_v1: true }), { message: "force_tf_compat_v1 is not supported" });
});

test("takes exactly one function, and at least one split to analyse", (t) => {
  const inputs = { examples: channelOf(Examples), schema: channelOf(Schema) };
  t.throws(() => new Transform(inputs), { message: "Transform takes exactly one of moduleFile and preprocessingFn." });
  t.throws(() => new Transform({ ...inputs, preprocessingFn: "utils.ts" }), { message: /should be "<file>:<export>"/ });
  t.throws(() => new Transform({ ...inputs, moduleFile: "utils.ts", splitsConfig: { analyze: [] } }), {
    message: "Transform's splitsConfig.analyze cannot be empty.",
  });
});
