import { mkdir } from "node:fs/promises";
import path from "node:path";
import { writeAnomalies } from "../../anomalies/anomalies.ts";
import { validateStatistics } from "../../anomalies/validate-statistics.ts";
import type { Batch, ColumnSpec } from "../../data/columns.ts";
import { exampleColumns, readExamples, writeExamples } from "../../data/examples.ts";
import { examplesFormat, setExamplesFormat } from "../../data/payload-format.ts";
import type { Schema } from "../../schema/schema.ts";
import { readSchema, SCHEMA_FILE, writeSchemaFile } from "../../schema/schema-file.ts";
import { writeStatistics } from "../../statistics/statistics.ts";
import { analyze } from "../../transform/analyze.ts";
import type { FeatureSpec } from "../../transform/feature-spec.ts";
import { featureSpecsOf } from "../../transform/schema-features.ts";
import type { PreprocessingFn } from "../../transform/tensor.ts";
import { traceFunction } from "../../transform/trace.ts";
import { TransformFunction } from "../../transform/transform-function.ts";
import { transformedSchemaOf, writeTransformGraph } from "../../transform/transform-graph.ts";
import { type Artifact, type ArtifactLists, singleArtifact } from "../../types/artifact.ts";
import { encodeSplitNames, splitNames, splitUri } from "../../types/splits.ts";
import type { Execute, ExecutorContext, Json } from "../executor.ts";
import { loadFunction } from "../load-module.ts";
import { copyToParquet, describeFiles, parquetFiles } from "./describe-examples.ts";

type Properties = Readonly<Record<string, Json>>;

/**
 * Runs `preprocessingFn`: traced once on tensors without data, analysed over the `analyze` splits, then computed on the
 * columns of each split. The same trace becomes the served graph.
 */
export const execute: Execute = async (inputs, outputs, execProperties, context) => {
  const examples = singleArtifact(inputs, "examples");
  const schema = await readSchema(singleArtifact(inputs, "schema"));
  const splits = chosenSplits(examples, execProperties);
  if (execProperties.force_tf_compat_v1) throw new Error("force_tf_compat_v1 is not supported");

  const transform = await analyzedTransform(examples, schema, splits.analyze, execProperties, context);
  await writeTransformGraph(singleArtifact(outputs, "transform_graph").uri, transform, schema);
  const materialized = execProperties.materialize !== false;
  const transformed = singleArtifact(outputs, "transformed_examples");
  describeExamples(transformed, examples, materialized ? splits.transform : []);
  if (materialized) await materialize(transform, examples, transformed, splits.transform, context);
  if (execProperties.disable_statistics) return;
  await writeStatisticsOutputs(transform, { examples, transformed }, schema, splits, outputs, context);
};

interface Splits {
  readonly analyze: readonly string[];
  readonly transform: readonly string[];
}

/** TFX's defaults: analyse `train`, transform all. @throws for a split that the examples do not hold */
function chosenSplits(examples: Artifact, { splits_config }: Properties): Splits {
  const { analyze = ["train"], transform = [] } = (splits_config ?? {}) as Partial<Splits>;
  const known = splitNames(examples);
  const missing = [...analyze, ...transform].filter((split) => !known.includes(split));
  if (missing.length > 0) {
    throw new Error(`Transform needs the split(s) ${missing.join(", ")}; the examples hold ${known.join(", ")}`);
  }
  return { analyze, transform: transform.length > 0 ? transform : known };
}

async function analyzedTransform(
  examples: Artifact,
  schema: Schema,
  splits: readonly string[],
  execProperties: Properties,
  { log, signal }: ExecutorContext,
): Promise<TransformFunction> {
  const { file, name } = functionAddress(execProperties);
  const preprocessingFn = await loadFunction<PreprocessingFn>(file, name);
  const traced = traceFunction(name, preprocessingFn, featureSpecsOf(schema), execProperties.custom_config);
  log(`Analyzing split(s) ${splits.join(", ")} with ${name} of ${file}`);
  const { graph, vocabularies } = await analyze(traced, () => readSplits(examples, splits, traced, signal), signal);
  for (const [fileName, tokens] of vocabularies) log(`Vocabulary ${fileName}: ${tokens.length} values`);
  return new TransformFunction(graph, vocabularies);
}

function functionAddress({ module_file, preprocessing_fn }: Properties): { file: string; name: string } {
  const [, file, name] = /^(.+):(\w+)$/.exec(String(preprocessing_fn ?? "")) ?? [];
  if (file && name) return { file, name };
  if (typeof module_file === "string" && module_file !== "") return { file: module_file, name: "preprocessingFn" };
  throw new Error("Transform needs module_file, or preprocessing_fn as <file>:<export>; got neither");
}

/** The rows of some splits with the features that a transform reads, as far as the examples have them. */
async function* readSplits(
  examples: Artifact,
  splits: readonly string[],
  reader: Pick<TransformFunction["graph"], "inputs" | "nodes">,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const read = new Set(
    reader.nodes.filter(({ operation }) => operation === "input").map(({ attributes }) => attributes.feature),
  );
  for (const split of splits) {
    const stored = await exampleColumns(examples, split, signal);
    const columns = stored.map(({ name }) => name).filter((name) => read.has(name));
    // Rows of which nothing is read are still rows, so then all is read.
    yield* readExamples(examples, split, { columns: columns.length > 0 ? columns : undefined, signal });
  }
}

/** The transformed examples keep the format and span of the raw ones. */
function describeExamples(transformed: Artifact, examples: Artifact, splits: readonly string[]): void {
  transformed.properties.split_names = encodeSplitNames(splits);
  transformed.properties.span = examples.properties.span ?? 0;
  setExamplesFormat(transformed, examplesFormat(examples));
}

async function materialize(
  transform: TransformFunction,
  examples: Artifact,
  transformed: Artifact,
  splits: readonly string[],
  { log, signal }: ExecutorContext,
): Promise<void> {
  for (const split of splits) {
    await mkdir(splitUri(transformed, split), { recursive: true });
    let rows = 0;
    const counted = async function* () {
      for await (const batch of transformedBatches(transform, examples, [split], signal)) {
        rows += batch.numRows;
        yield batch;
      }
    };
    const options = { baseName: "transformed_examples", signal };
    await writeExamples(transformed, split, transformedColumns(transform), counted(), options);
    log(`Split ${split}: ${rows} examples transformed`);
  }
}

const COLUMN_TYPES = { float32: "FLOAT", int64: "INT", string: "BYTES" } as const;

function transformedColumns(transform: TransformFunction): ColumnSpec[] {
  return transform.outputNames.map((name) => ({
    name,
    type: COLUMN_TYPES[transform.outputSpec(name).dtype as FeatureSpec["dtype"]],
  }));
}

/** What is known of the examples of the analyzed splits, before and after the transform. */
async function writeStatisticsOutputs(
  transform: TransformFunction,
  artifacts: { readonly examples: Artifact; readonly transformed: Artifact },
  schema: Schema,
  splits: Splits,
  outputs: ArtifactLists,
  { temporaryDirectory, signal }: ExecutorContext,
): Promise<void> {
  const folder = (key: string) => singleArtifact(outputs, key).uri;
  for (const key of ["pre_transform_stats", "post_transform_stats", "post_transform_anomalies"]) {
    singleArtifact(outputs, key).properties.split_names = encodeSplitNames([]);
  }
  const { examples, transformed } = artifacts;
  const rawFiles = await parquetFiles(examples, splits.analyze, path.join(temporaryDirectory, "raw"), signal);
  const before = await describeFiles(rawFiles, schema, signal);
  await writeSchemaFile(path.join(folder("pre_transform_schema"), SCHEMA_FILE), schema);
  await writeStatistics(folder("pre_transform_stats"), before);

  const written = splitNames(transformed);
  const transformedFolder = path.join(temporaryDirectory, "transformed");
  const transformedFiles = splits.analyze.every((split) => written.includes(split))
    ? await parquetFiles(transformed, splits.analyze, transformedFolder, signal)
    : await copyToParquet(
        transformedBatches(transform, examples, splits.analyze, signal),
        transformedColumns(transform),
        transformedFolder,
      );
  const schemaAfter = transformedSchemaOf(transform);
  const after = await describeFiles(transformedFiles, schemaAfter, signal);
  await writeSchemaFile(path.join(folder("post_transform_schema"), SCHEMA_FILE), schemaAfter);
  await writeStatistics(folder("post_transform_stats"), after);
  await writeAnomalies(folder("post_transform_anomalies"), validateStatistics(after, schemaAfter));
}

async function* transformedBatches(
  transform: TransformFunction,
  examples: Artifact,
  splits: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  for await (const batch of readSplits(examples, splits, transform.graph, signal))
    yield transform.transformBatch(batch);
}
