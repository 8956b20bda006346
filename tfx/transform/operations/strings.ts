import { attribute } from "../../saved_model/attributes.ts";
import type { GraphBuilder, GraphTensor } from "../../saved_model/graph-builder.ts";
import { fingerprint64 } from "../fingerprint64.ts";
import { type SipKey, sipHash } from "../siphash.ts";
import { type Attributes, expectTensor, Tensor } from "../tensor.ts";
import { TokenMap, tokenBytes } from "../tokens.ts";
import { bigints, tokens } from "../values.ts";
import type { Operations } from "./operation.ts";

/** The decimal text of integers. */
export function asString(x: Tensor): Tensor {
  expectTensor("asString()", x, ["int64"]);
  return new Tensor("asString", [x], { dtype: "string", shape: x.shape, layout: x.layout });
}

/**
 * Spreads strings over buckets 0 … hashBuckets − 1, as `tft.hash_strings` does: by FarmHash Fingerprint64, or under a
 * key of two integers by SipHash-2-4, which nobody without the key can aim at one bucket.
 */
export function hashStrings(
  x: Tensor,
  hashBuckets: number,
  options: { readonly key?: readonly [number | bigint, number | bigint] } = {},
): Tensor {
  expectTensor("hashStrings()", x, ["string"]);
  if (!Number.isInteger(hashBuckets) || hashBuckets < 1) {
    throw new RangeError(`hashStrings() expected hashBuckets ≥ 1, got ${hashBuckets}`);
  }
  const { key } = options;
  if (key && key.length !== 2) throw new RangeError(`hashStrings() expected a key of two integers, got ${key.length}`);
  const spec = { dtype: "int64", shape: x.shape, layout: x.layout } as const;
  return new Tensor("hashStrings", [x], spec, { hashBuckets, key: key?.map((part) => BigInt(part).toString()) });
}

function keyOf({ key }: Attributes): SipKey | undefined {
  return key === undefined ? undefined : ((key as readonly string[]).map(BigInt) as unknown as SipKey);
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
      const key = keyOf(node.attributes);
      const known = new TokenMap<bigint>();
      const ids = new BigInt64Array(x!.values.length);
      tokens(x!).forEach((token, i) => {
        let id = known.get(token);
        if (id === undefined) {
          const bytes = tokenBytes(token);
          id = (key ? sipHash(bytes, key) : fingerprint64(bytes)) % buckets;
          known.set(token, id);
        }
        ids[i] = id;
      });
      return { values: ids, offsets: x!.offsets };
    },
    emit: ([x], { node, graph }) => ({
      ...x!,
      values: emitHash(graph, x!.values, Number(node.attributes.hashBuckets), keyOf(node.attributes)),
    }),
  },
};

function emitHash(graph: GraphBuilder, values: GraphTensor, buckets: number, key: SipKey | undefined): GraphTensor {
  const op = key ? "StringToHashBucketStrong" : "StringToHashBucketFast";
  return graph.tensor(op, "hashStrings", "int64", values.shape, {
    inputs: [values],
    attributes: { num_buckets: attribute.int(buckets), ...(key && { key: attribute.ints(key) }) },
  });
}
