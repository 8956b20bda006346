import { expectTensor, Tensor } from "../tensor.ts";
import { type Analyzers, eachNumber } from "./analyzer.ts";

/**
 * The boundaries between `numBuckets` buckets of about equal size: boundary k is the smallest float32 value such that
 * k ÷ numBuckets of all values are not above it. Exact, so TFT's `epsilon` has no use here; NaN is passed over.
 * Without any value there are no boundaries.
 */
export function quantiles(x: Tensor, numBuckets: number): Tensor {
  expectTensor("tft.quantiles()", x, ["float32", "float64", "int64"]);
  if (!Number.isInteger(numBuckets) || numBuckets < 2) {
    throw new RangeError(`tft.quantiles() expected an integer numBuckets > 1, got ${numBuckets}`);
  }
  const spec = { dtype: "float32", shape: [numBuckets - 1], layout: "dense" } as const;
  return new Tensor("analyzer:quantiles", [x], spec, { numBuckets });
}

/** A list of floats that grows by doubling. */
class FloatList {
  #values = new Float32Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float32Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  sorted(): Float32Array {
    return this.#values.subarray(0, this.#length).sort();
  }
}

export const quantileAnalyzers: Analyzers = {
  quantiles: ({ attributes }, input) => {
    const numBuckets = Number(attributes.numBuckets);
    const list = new FloatList();
    return {
      add: (value) =>
        eachNumber(value, input.dtype, (x) => {
          if (!Number.isNaN(x)) list.push(x);
        }),
      finish: () => {
        const boundaries = quantileBoundaries(list.sorted(), numBuckets);
        return { kind: "constant", values: boundaries, shape: [boundaries.length] };
      },
    };
  },
};

/** The boundaries of sorted values. */
export function quantileBoundaries(sorted: Float32Array, numBuckets: number): Float32Array {
  if (sorted.length === 0) return new Float32Array();
  return Float32Array.from({ length: numBuckets - 1 }, (_, index) => {
    const rank = Math.ceil(((index + 1) * sorted.length) / numBuckets);
    return sorted[rank - 1]!;
  });
}
