import { expectTensor, Tensor } from "../tensor.ts";
import { compareTokens, type Token, TokenMap } from "../tokens.ts";
import type { Analyzers } from "./analyzer.ts";

export interface VocabularyOptions {
  /** Keep only the most frequent values. @default all */
  readonly topK?: number;
  /** Keep only values that occur at least this often. @default all */
  readonly frequencyThreshold?: number;
  /** The file's name in the transform graph's assets. @default from the order of calls, as TFT names it */
  readonly vocabFilename?: string;
}

/** The one token of a vocabulary that would be empty, which no table may be (TFT's). */
export const EMPTY_VOCABULARY_TOKEN = "49d0cd50-04bb-48c0-bc6f-5b575dce351a";
/** The same for integers. */
const EMPTY_INT_VOCABULARY_TOKEN = "-1";

/**
 * The distinct values of a feature, most frequent first, and among equals the greatest first (reverse byte order, of
 * integers as decimal text). Empty values and values with a line break are left out, because the file has one value in
 * a line.
 */
export function vocabulary(x: Tensor, options: VocabularyOptions = {}): Tensor {
  return vocabularyTensor(x, options, "vocabulary");
}

/** @param scope TFT's name scope of the call, from which the file gets its name */
export function vocabularyTensor(x: Tensor, options: VocabularyOptions, scope: string): Tensor {
  expectTensor("tft.vocabulary()", x, ["string", "int64"]);
  const { topK, frequencyThreshold, vocabFilename } = options;
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) {
    throw new RangeError(`tft.vocabulary() expected topK to be an integer ≥ 1, got ${topK}`);
  }
  if (frequencyThreshold !== undefined && !(frequencyThreshold >= 0)) {
    throw new RangeError(`tft.vocabulary() expected frequencyThreshold ≥ 0, got ${frequencyThreshold}`);
  }
  if (vocabFilename === "") throw new RangeError("tft.vocabulary() expected a vocabFilename, got an empty one");
  const spec = { dtype: "string", shape: [], layout: "dense" } as const;
  return new Tensor("analyzer:vocabulary", [x], spec, { topK, frequencyThreshold, vocabFilename, scope });
}

/** The names of vocabularies in the order of their calls: the given one, or TFT's from scope and number of use. */
export function vocabularyName(scope: string, use: number): string {
  const numbered = use === 0 ? "" : `_${use}`;
  return scope === "vocabulary" ? `vocab_vocabulary${numbered}` : `vocab_${scope}${numbered}_vocabulary`;
}

export const vocabularyAnalyzers: Analyzers = {
  vocabulary: ({ attributes }, input) => {
    const { topK, frequencyThreshold = 0 } = attributes as { topK?: number; frequencyThreshold?: number };
    const counts = new TokenMap<{ count: number }>();
    return {
      add: ({ values }) => {
        for (let i = 0; i < values.length; i++) {
          const value = values[i]!;
          const token = typeof value === "bigint" ? value.toString() : (value as Token);
          const known = counts.get(token);
          if (known) known.count++;
          else counts.set(token, { count: 1 });
        }
      },
      finish: () => {
        const kept = counts
          .entries()
          .filter(([token, { count }]) => isLine(token) && count >= frequencyThreshold)
          .sort(([a, { count: countA }], [b, { count: countB }]) => countB - countA || compareTokens(b, a))
          .slice(0, topK)
          .map(([token]) => token);
        const dummy = input.dtype === "int64" ? EMPTY_INT_VOCABULARY_TOKEN : EMPTY_VOCABULARY_TOKEN;
        return { kind: "vocabulary", tokens: kept.length > 0 ? kept : [dummy] };
      },
    };
  },
};

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** Whether a token can stand on a line of the vocabulary file. */
function isLine(token: Token): boolean {
  if (typeof token === "string") return token !== "" && !/[\n\r]/.test(token);
  return token.length > 0 && !token.includes(NEWLINE) && !token.includes(CARRIAGE_RETURN);
}
