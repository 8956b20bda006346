import { attribute } from "../../saved_model/attributes.ts";
import { describe, expectTensor, Tensor } from "../tensor.ts";
import { numbers } from "../values.ts";
import { decodeValues } from "./constant.ts";
import { cast } from "./conversion.ts";
import type { Operations } from "./operation.ts";

/**
 * The bucket of each value: the number of boundaries b with b ≤ x, from 0. NaN falls into the last bucket. Values are
 * compared as float32, as `tft.apply_buckets` does.
 * @param boundaries increasing float32 numbers, one fewer than there are buckets
 */
export function applyBuckets(x: Tensor, boundaries: Tensor): Tensor {
  expectTensor("applyBuckets()", x, ["float32", "float64", "int64"]);
  expectTensor("applyBuckets()", boundaries, ["float32"]);
  if (boundaries.shape.length !== 1 || boundaries.shape[0] === undefined) {
    throw new TypeError(`applyBuckets() expected a list of boundaries, got ${describe(boundaries)}`);
  }
  const spec = { dtype: "int64", shape: x.shape, layout: x.layout } as const;
  const domain = boundaries.shape[0] === null ? {} : { domain: { min: 0, max: boundaries.shape[0] } };
  return new Tensor("applyBuckets", [cast(x, "float32"), boundaries], spec, domain);
}

/** The number of sorted boundaries that are not above a value. */
function countNotAbove(boundaries: Float32Array, value: number): number {
  if (Number.isNaN(value)) return boundaries.length;
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boundaries[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const bucketOperations: Operations = {
  applyBuckets: {
    evaluate: ([x, boundaries]) => {
      const sorted = boundaries!.values as Float32Array;
      const source = numbers(x!);
      const ids = new BigInt64Array(source.length);
      for (let i = 0; i < source.length; i++) ids[i] = BigInt(countNotAbove(sorted, source[i]!));
      return { values: ids, offsets: x!.offsets };
    },
    emit: ([x], { node, inputs, graph }) => {
      const boundaries = inputs[1]!;
      if (boundaries.operation !== "constant") {
        throw new Error("applyBuckets() can be served only when its boundaries do not depend on the example");
      }
      const values = Array.from(decodeValues(boundaries.attributes.values, "float32") as Float32Array);
      const buckets = graph.tensor("Bucketize", "applyBuckets", "int32", node.shape, {
        inputs: [x!.values],
        attributes: { T: attribute.type("float32"), boundaries: attribute.floats(values) },
      });
      return { ...x!, values: graph.cast("applyBuckets/int64", buckets, "int64") };
    },
  },
};
