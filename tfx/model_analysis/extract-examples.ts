import type { Batch, Column } from "../data/columns.ts";
import { readExamples } from "../data/examples.ts";
import type { ServingModel } from "../saved_model/load.ts";
import type { Artifact } from "../types/artifact.ts";
import type { CompleteEvalConfig } from "./complete-eval-config.ts";
import type { ModelSpec } from "./eval-config.ts";
import type { EvaluatedExamples } from "./evaluate-slices.ts";
import type { LabeledPredictions } from "./metrics/metric.ts";
import { type Slice, Slicer } from "./slicer.ts";

const DEFAULT_BATCH_SIZE = 4096;
const DEFAULT_SIGNATURE = "serving_default";
const TRANSFORM_SIGNATURE = "transform_features";

/** The models under evaluation, as they were loaded. */
export interface EvaluatedModels {
  readonly candidate: ServingModel;
  readonly baseline?: ServingModel;
}

/**
 * Runs the models over some splits and sorts the examples into slices. In memory it keeps three numbers per example
 * and model, and the slices' row numbers.
 * @throws when a model cannot give what its spec asks for, or an example has no label
 */
export async function extractExamples(
  config: CompleteEvalConfig,
  examples: Artifact,
  splits: readonly string[],
  models: EvaluatedModels,
  signal: AbortSignal,
): Promise<{ readonly examples: EvaluatedExamples; readonly slices: Slice[]; readonly numExamples: number }> {
  const slicer = new Slicer(config.slicingSpecs ?? [{}]);
  const candidate = new ModelExtractor(config.candidate, models.candidate);
  const baseline =
    config.baseline && models.baseline ? new ModelExtractor(config.baseline, models.baseline) : undefined;
  const batchSize = config.candidate.inferenceBatchSize || DEFAULT_BATCH_SIZE;
  let numExamples = 0;
  for (const split of splits) {
    for await (const batch of readExamples(examples, split, { batchSize, signal })) {
      const features = await candidate.add(batch);
      await baseline?.add(batch);
      slicer.add(batch.numRows, sliceColumns(slicer.columns, batch, features), numExamples);
      numExamples += batch.numRows;
    }
  }
  return {
    examples: { candidate: candidate.collected(), baseline: baseline?.collected() },
    slices: slicer.slices(),
    numExamples,
  };
}

/** Slices are cut by raw features, and by transformed ones that no raw one shares its name with. */
function sliceColumns(names: readonly string[], raw: Batch, transformed: Batch | undefined): Map<string, Column> {
  const columns = names.map((name) => {
    const column = raw.columns.get(name) ?? transformed?.columns.get(name);
    if (!column) {
      throw new Error(
        `Examples have no feature "${name}" to slice by; they have ${[...raw.columns.keys()].join(", ")}`,
      );
    }
    return [name, column] as const;
  });
  return new Map(columns);
}

/** Collects what one model gives and what it is compared with. */
class ModelExtractor {
  readonly #spec: ModelSpec;
  readonly #model: ServingModel;
  readonly #labels: Float64Array[] = [];
  readonly #predictions: Float64Array[] = [];
  readonly #weights: Float64Array[] = [];
  #numRows = 0;

  constructor(spec: ModelSpec, model: ServingModel) {
    this.#spec = spec;
    this.#model = model;
    checkSpec(spec, model);
  }

  /** Takes a batch; returns the model's transformed features, when its spec names the signature that makes them. */
  async add(batch: Batch): Promise<Batch | undefined> {
    const { labelKey, exampleWeightKey, preprocessingFunctionNames = [] } = this.#spec;
    const transformed = preprocessingFunctionNames.length > 0 ? this.#model.transform(batch) : undefined;
    this.#labels.push(this.#numbers("label", labelKey ?? "", batch, transformed));
    this.#weights.push(
      exampleWeightKey
        ? this.#numbers("example weight", exampleWeightKey, batch, transformed)
        : new Float64Array(batch.numRows).fill(1),
    );
    this.#predictions.push(await this.#predict(batch));
    this.#numRows += batch.numRows;
    return transformed;
  }

  collected(): LabeledPredictions {
    return {
      labels: joined(this.#labels),
      predictions: joined(this.#predictions),
      weights: joined(this.#weights),
    };
  }

  async #predict(batch: Batch): Promise<Float64Array> {
    const outputs = await this.#model.predict(batch);
    const name = this.#spec.predictionKey || this.#model.outputNames[0]!;
    const { values } = outputs[name]!;
    if (values.length !== batch.numRows) {
      throw new Error(
        `The model's output "${name}" has ${values.length / batch.numRows} values per example; only one is supported`,
      );
    }
    return Float64Array.from(values);
  }

  #numbers(what: string, key: string, raw: Batch, transformed: Batch | undefined): Float64Array {
    const column = transformed?.columns.get(key) ?? raw.columns.get(key);
    if (!column) {
      const names = [...(transformed?.columns.keys() ?? []), ...raw.columns.keys()];
      throw new Error(`There is no feature "${key}" for the ${what}; there are ${names.join(", ")}`);
    }
    const { offsets, type } = column;
    if (column.type === "BYTES") throw new Error(`The ${what} "${key}" should be numbers, got ${type}`);
    const { values } = column;
    return Float64Array.from({ length: raw.numRows }, (_, row) => {
      const count = offsets[row + 1]! - offsets[row]!;
      if (count !== 1) {
        throw new Error(`Example ${this.#numRows + row} has ${count} values of the ${what} "${key}", expected one`);
      }
      return Number(values[offsets[row]!]);
    });
  }
}

/** Everything that can be known before an example is read. */
function checkSpec(spec: ModelSpec, model: ServingModel): void {
  const { labelKey, signatureName, predictionKey, preprocessingFunctionNames = [] } = spec;
  if (!labelKey) throw new Error("evalConfig.modelSpecs should name a labelKey");
  if (signatureName && signatureName !== DEFAULT_SIGNATURE) {
    throw new Error(`Only the signature ${DEFAULT_SIGNATURE} can be evaluated, got "${signatureName}"`);
  }
  const unknown = preprocessingFunctionNames.find((name) => name !== TRANSFORM_SIGNATURE);
  if (unknown) {
    throw new Error(`The only preprocessing function of a model is ${TRANSFORM_SIGNATURE}, got "${unknown}"`);
  }
  const outputs = model.outputNames;
  if (predictionKey && !outputs.includes(predictionKey)) {
    throw new Error(`The model has no output "${predictionKey}" for predictionKey; it has ${outputs.join(", ")}`);
  }
  if (!predictionKey && outputs.length > 1) {
    throw new Error(`The model has several outputs, so predictionKey should name one of ${outputs.join(", ")}`);
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return values;
}
