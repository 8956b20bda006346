import type { Tensor } from "@tensorflow/tfjs";
import type { TensorflowApi } from "../tensorflow.ts";
import type { BatchArray, BatchSource } from "./step-runner.ts";

/** One feature of all examples: `width` numbers per example. */
export interface DenseFeature {
  readonly dtype: "float32" | "int32";
  readonly width: number;
  readonly values: BatchArray;
}

export interface DatasetOptions {
  /** Examples per batch. The last batch of a pass over the data is filled up from the next pass. */
  readonly batchSize: number;
  /** The feature that is the label, and so not among the features. */
  readonly labelKey: string;
  /** Draws the examples of each pass in a new order. @default true */
  readonly shuffle?: boolean;
  /** Where the order starts from; the same seed gives the same batches. @default 0 */
  readonly seed?: number;
  /** Features that the data has but that cannot be given as numbers, with the reason, for messages. */
  readonly unusable?: ReadonlyMap<string, string>;
}

/**
 * Transformed examples in memory, as an endless sequence of batches of features and label. It is what
 * `fitModel` trains on; `batches` gives them as tensors to anything else.
 */
export class ExampleDataset {
  readonly numExamples: number;
  readonly batchSize: number;
  readonly labelKey: string;
  readonly features: ReadonlyMap<string, DenseFeature>;
  readonly label: DenseFeature;
  readonly #unusable: ReadonlyMap<string, string>;
  readonly #order: Uint32Array;
  readonly #shuffle: boolean;
  readonly #random: () => number;
  #position: number;

  constructor(numExamples: number, features: ReadonlyMap<string, DenseFeature>, options: DatasetOptions) {
    const { batchSize, labelKey, shuffle = true, seed = 0, unusable = new Map() } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new Error(`A batch size is a whole number of at least 1, got ${batchSize}`);
    }
    if (numExamples === 0) throw new Error("A dataset needs at least one example, got none");
    this.#unusable = unusable;
    this.numExamples = numExamples;
    this.batchSize = batchSize;
    this.labelKey = labelKey;
    this.features = features;
    this.label = this.#feature(labelKey, "The label");
    this.features = new Map([...features].filter(([name]) => name !== labelKey));
    this.#order = Uint32Array.from({ length: numExamples }, (_, index) => index);
    this.#shuffle = shuffle;
    this.#random = seededRandom(seed);
    this.#position = numExamples;
  }

  /**
   * The batches as `StepRunner` takes them: the named features in the given order, then the label.
   * @throws when a feature is not in the data
   */
  source(featureNames: readonly string[]): BatchSource {
    const columns = [...featureNames.map((name) => this.#feature(name, "The model's input")), this.label];
    return {
      tensors: columns.map(({ dtype, width }) => ({ dtype, shape: [this.batchSize, width] })),
      fill: (arrays, row) => {
        const rows = this.#nextRows();
        columns.forEach(({ values, width }, index) => {
          const target = arrays[index]!;
          let at = row * this.batchSize * width;
          for (const example of rows) {
            for (let column = 0; column < width; column++) target[at++] = values[example * width + column]!;
          }
        });
      },
    };
  }

  /** The batches as tensors, for `tf.data.generator` and training loops of one's own; the taker disposes them. */
  *batches(tf: TensorflowApi): Generator<{ xs: Record<string, Tensor>; ys: Tensor }> {
    const names = [...this.features.keys()];
    const { tensors, fill } = this.source(names);
    while (true) {
      const arrays = tensors.map(({ dtype, shape }) => {
        const size = shape[0]! * shape[1]!;
        return dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
      });
      fill(arrays, 0);
      const made = tensors.map(({ dtype, shape }, index) => tf.tensor(arrays[index]!, [...shape], dtype));
      yield { xs: Object.fromEntries(names.map((name, index) => [name, made[index]!])), ys: made.at(-1)! };
    }
  }

  #feature(name: string, what: string): DenseFeature {
    const feature = this.features.get(name);
    if (feature) return feature;
    const reason = this.#unusable.get(name);
    if (reason) throw new Error(`${what} "${name}" cannot be taken from the examples: ${reason}`);
    throw new Error(`${what} "${name}" is not among the features ${[...this.features.keys()].join(", ")}`);
  }

  #nextRows(): Uint32Array {
    const rows = new Uint32Array(this.batchSize);
    for (let index = 0; index < rows.length; index++) {
      if (this.#position === this.numExamples) this.#startPass();
      rows[index] = this.#order[this.#position++]!;
    }
    return rows;
  }

  #startPass(): void {
    this.#position = 0;
    if (!this.#shuffle) return;
    const order = this.#order;
    for (let index = order.length - 1; index > 0; index--) {
      const other = Math.floor(this.#random() * (index + 1));
      [order[index], order[other]] = [order[other]!, order[index]!];
    }
  }
}

/** Numbers in [0, 1) that depend on the seed only (Mulberry32), so that a training can be repeated. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
