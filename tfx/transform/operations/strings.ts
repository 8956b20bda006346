import { attribute } from "../../saved_model/attributes.ts";
import { fingerprint64 } from "../fingerprint64.ts";
import { expectTensor, Tensor } from "../tensor.ts";
import { TokenMap, tokenBytes } from "../tokens.ts";
import { bigints, tokens } from "../values.ts";
import type { Operations } from "./operation.ts";

/** The decimal text of integers. */
export function asString(x: Tensor): Tensor {
  expectTensor("asString()", x, ["int64"]);
  return new Tensor("asString", [x], { dtype: "string", shape: x.shape, layout: x.layout });
}

/**
 * Spreads strings over buckets 0 … hashBuckets − 1 by FarmHash Fingerprint64, as `tft.hash_strings` does without a key.
 */
export function hashStrings(x: Tensor, hashBuckets: number): Tensor {
  expectTensor("hashStrings()", x, ["string"]);
  if (!Number.isInteger(hashBuckets) || hashBuckets < 1) {
    throw new RangeError(`hashStrings() expected hashBuckets ≥ 1, got ${hashBuckets}`);
  }
  const spec = { dtype: "int64", shape: x.shape, layout: x.layout } as const;
  return new Tensor("hashStrings", [x], spec, { hashBuckets });
}

export const stringOperations: Operations = {
  asString: {
    evaluate: ([x]) => ({ values: Array.from(bigints(x!), String), offsets: x!.offsets }),
    emit: ([x], { node, graph }) => ({
      ...x!,
      values: graph.tensor("AsString", "asString", "string", node.shape, {
        inputs: [x!.values],
        attributes: { T: attribute.type("int64") },
      }),
    }),
  },
  hashStrings: {
    evaluate: ([x], { node }) => {
      const buckets = BigInt(Number(node.attributes.hashBuckets));
      const known = new TokenMap<bigint>();
      const ids = new BigInt64Array(x!.values.length);
      tokens(x!).forEach((token, i) => {
        let id = known.get(token);
        if (id === undefined) {
          id = fingerprint64(tokenBytes(token)) % buckets;
          known.set(token, id);
        }
        ids[i] = id;
      });
      return { values: ids, offsets: x!.offsets };
    },
    emit: ([x], { node, graph }) => ({
      ...x!,
      values: graph.tensor("StringToHashBucketFast", "hashStrings", "int64", node.shape, {
        inputs: [x!.values],
        attributes: { num_buckets: attribute.int(Number(node.attributes.hashBuckets)) },
      }),
    }),
  },
};
