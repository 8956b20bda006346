import { attribute } from "../../saved_model/attributes.ts";
import { fingerprint64 } from "../fingerprint64.ts";
import { describe, expectTensor, Tensor } from "../tensor.ts";
import { TokenMap, tokenBytes } from "../tokens.ts";
import { tokens } from "../values.ts";
import type { EmissionContext, Operation, Operations } from "./operation.ts";
import { asString } from "./strings.ts";

export interface ApplyVocabularyOptions {
  /** The id of values outside the vocabulary when there are no out-of-vocabulary buckets. @default -1 */
  readonly defaultValue?: number;
  /** Buckets after the vocabulary's ids over which other values are spread by their hash. @default 0 */
  readonly numOovBuckets?: number;
}

/**
 * The id of each value in a vocabulary: its line, from 0. With out-of-vocabulary buckets, another value gets the
 * vocabulary's size + Fingerprint64(value) mod buckets (`tft.apply_vocabulary`).
 * @param vocabulary what `tft.vocabulary()` returned
 */
export function applyVocabulary(x: Tensor, vocabulary: Tensor, options: ApplyVocabularyOptions = {}): Tensor {
  expectTensor("applyVocabulary()", x, ["string", "int64"]);
  expectTensor("applyVocabulary()", vocabulary);
  if (vocabulary.operation !== "analyzer:vocabulary") {
    throw new TypeError(`applyVocabulary() expected the result of tft.vocabulary(), got ${describe(vocabulary)}`);
  }
  const { defaultValue = -1, numOovBuckets = 0 } = options;
  if (!Number.isInteger(numOovBuckets) || numOovBuckets < 0) {
    throw new RangeError(`applyVocabulary() expected numOovBuckets ≥ 0, got ${numOovBuckets}`);
  }
  if (!Number.isSafeInteger(defaultValue)) {
    throw new RangeError(`applyVocabulary() expected an integer defaultValue, got ${defaultValue}`);
  }
  const keys = x.dtype === "int64" ? asString(x) : x;
  const spec = { dtype: "int64", shape: x.shape, layout: x.layout } as const;
  return new Tensor("applyVocabulary", [keys, vocabulary], spec, { defaultValue, numOovBuckets });
}

/** A vocabulary that analysis has written: the second input of a lookup. */
interface VocabularyAttributes {
  readonly fileName: string;
  readonly size: number;
}

function vocabularyOf(context: { readonly inputs: EmissionContext["inputs"] }): VocabularyAttributes {
  return context.inputs[1]!.attributes as unknown as VocabularyAttributes;
}

const lookup: Operation = {
  evaluate: ([x], context) => {
    const { fileName, size } = vocabularyOf(context);
    const { defaultValue, numOovBuckets } = context.node.attributes as { defaultValue: number; numOovBuckets: number };
    const ids = context.vocabulary(fileName);
    const others = new TokenMap<bigint>();
    const outside = (token: string | Uint8Array): bigint => {
      if (numOovBuckets === 0) return BigInt(defaultValue);
      const known = others.get(token);
      if (known !== undefined) return known;
      const id = BigInt(size) + (fingerprint64(tokenBytes(token)) % BigInt(numOovBuckets));
      others.set(token, id);
      return id;
    };
    const result = new BigInt64Array(x!.values.length);
    tokens(x!).forEach((token, i) => {
      result[i] = ids.get(token) ?? outside(token);
    });
    return { values: result, offsets: x!.offsets };
  },
  emit: ([x], context) => {
    const { node, graph } = context;
    const { fileName, size } = vocabularyOf(context);
    const { defaultValue, numOovBuckets } = node.attributes as { defaultValue: number; numOovBuckets: number };
    const found = graph.lookup("applyVocabulary/find", graph.lineNumberTable(fileName), x!.values);
    const missing = graph.scalar("applyVocabulary/missing", "int64", -1n);
    const isFound = graph.binary("NotEqual", "applyVocabulary/found", found, missing, "bool");
    let outside = graph.scalar("applyVocabulary/default", "int64", BigInt(defaultValue));
    if (numOovBuckets > 0) {
      const bucket = graph.tensor("StringToHashBucketFast", "applyVocabulary/bucket", "int64", node.shape, {
        inputs: [x!.values],
        attributes: { num_buckets: attribute.int(numOovBuckets) },
      });
      const first = graph.scalar("applyVocabulary/size", "int64", BigInt(size));
      outside = graph.binary("AddV2", "applyVocabulary/outside", bucket, first);
    }
    return { ...x!, values: graph.select("applyVocabulary", isFound, found, outside) };
  },
};

export const vocabularyOperations: Operations = {
  applyVocabulary: lookup,
  /** The path of a vocabulary's file, as a tensor. */
  vocabulary: {
    evaluate: (_inputs, { node }) => ({ values: [String(node.attributes.fileName)] }),
    emit: (_inputs, { graph, node }) => ({ values: graph.asset(String(node.attributes.fileName)).tensor }),
  },
};
