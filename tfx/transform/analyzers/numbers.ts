import type { DType } from "../../saved_model/dtype.ts";
import { expectTensor, Tensor } from "../tensor.ts";
import { allocate, type Value } from "../values.ts";
import type { Analyzers } from "./analyzer.ts";
import { eachNumber } from "./analyzer.ts";

/*
 * Analyzers that give one number for all values of a tensor. Only values that are there count: fill a sparse tensor
 * first to count defaults for what is missing.
 */

const NUMERIC: readonly DType[] = ["float32", "float64", "int64"];

/** The smallest value; NaN is passed over. */
export function min(x: Tensor): Tensor {
  return numberAnalyzer("min", x, x.dtype);
}

/** The largest value; NaN is passed over. */
export function max(x: Tensor): Tensor {
  return numberAnalyzer("max", x, x.dtype);
}

/** The sum, of the tensor's type. */
export function sum(x: Tensor): Tensor {
  return numberAnalyzer("sum", x, x.dtype);
}

/** The number of values, as int64. */
export function size(x: Tensor): Tensor {
  expectTensor("tft.size()", x);
  return analyzerTensor("size", x, "int64");
}

/** The mean; float32 for integers. */
export function mean(x: Tensor): Tensor {
  return numberAnalyzer("mean", x, momentType(x));
}

/** The population variance (not corrected for a sample); float32 for integers. */
export function variance(x: Tensor): Tensor {
  return numberAnalyzer("var", x, momentType(x));
}

function momentType(x: Tensor): DType {
  return x.dtype === "float64" ? "float64" : "float32";
}

function numberAnalyzer(name: string, x: Tensor, dtype: DType): Tensor {
  expectTensor(`tft.${name}()`, x, NUMERIC);
  return analyzerTensor(name, x, dtype);
}

function analyzerTensor(name: string, x: Tensor, dtype: DType): Tensor {
  return new Tensor(`analyzer:${name}`, [x], { dtype, shape: [], layout: "dense" });
}

const LIMITS = {
  float32: { least: -3.4028234663852886e38, greatest: 3.4028234663852886e38 },
  float64: { least: -Number.MAX_VALUE, greatest: Number.MAX_VALUE },
  int64: { least: -(2n ** 63n), greatest: 2n ** 63n - 1n },
} as const;

function constantResult(dtype: DType, value: number | bigint) {
  const values = allocate(dtype as Exclude<DType, "string">, 1);
  if (values instanceof BigInt64Array) values[0] = BigInt(value);
  else values[0] = Number(value);
  return { kind: "constant", values, shape: [] } as const;
}

/** min and max; without values they are the type's opposite limits, as in TFT. */
function extreme(isBetter: (a: number | bigint, b: number | bigint) => boolean, start: "least" | "greatest") {
  return ({ dtype }: { readonly dtype: DType }) => {
    let best: number | bigint = LIMITS[dtype as keyof typeof LIMITS][start];
    return {
      add: ({ values }: Value) => {
        for (let i = 0; i < values.length; i++) {
          const value = values[i] as number | bigint;
          if (isBetter(value, best)) best = value;
        }
      },
      finish: () => constantResult(dtype, best),
    };
  };
}

/** Count, mean and squared deviations of a stream, merged batch by batch in doubles (Chan's method). */
class Moments {
  count = 0;
  mean = 0;
  squares = 0;

  add(value: Value, dtype: DType): void {
    const count = value.values.length;
    if (count === 0) return;
    let sum = 0;
    eachNumber(value, dtype, (x) => {
      sum += x;
    });
    const mean = sum / count;
    let squares = 0;
    eachNumber(value, dtype, (x) => {
      squares += (x - mean) ** 2;
    });
    const total = this.count + count;
    const distance = mean - this.mean;
    this.squares += squares + (distance ** 2 * this.count * count) / total;
    this.mean += (distance * count) / total;
    this.count = total;
  }

  get variance(): number {
    return this.count === 0 ? 0 : this.squares / this.count;
  }
}

export const numberAnalyzers: Analyzers = {
  min: extreme((a, b) => a < b, "greatest"),
  max: extreme((a, b) => a > b, "least"),
  sum: ({ dtype }) => {
    let total: number | bigint = dtype === "int64" ? 0n : 0;
    return {
      add: ({ values }) => {
        if (values instanceof BigInt64Array) for (const x of values) total = (total as bigint) + x;
        else for (let i = 0; i < values.length; i++) total = (total as number) + (values[i] as number);
      },
      finish: () => constantResult(dtype, typeof total === "bigint" ? BigInt.asIntN(64, total) : total),
    };
  },
  size: ({ dtype }) => {
    let count = 0;
    return {
      add: ({ values }) => {
        count += values.length;
      },
      finish: () => constantResult(dtype, count),
    };
  },
  mean: ({ dtype }, input) => {
    const moments = new Moments();
    return {
      add: (value) => moments.add(value, input.dtype),
      finish: () => constantResult(dtype, moments.mean),
    };
  },
  var: ({ dtype }, input) => {
    const moments = new Moments();
    return {
      add: (value) => moments.add(value, input.dtype),
      finish: () => constantResult(dtype, moments.variance),
    };
  },
};
