import type { Batch } from "../data/columns.ts";
import type { AnalyzerResult } from "./analyzers/analyzer.ts";
import { isAnalyzer, startAnalysis } from "./analyzers/registry.ts";
import { vocabularyName } from "./analyzers/vocabulary.ts";
import { batchSource, evaluateNodes, type Vocabularies } from "./evaluate.ts";
import { type ExpressionGraph, type GraphNode, pruneGraph } from "./expression-graph.ts";
import { foldConstants } from "./fold-constants.ts";
import { encodeValues } from "./operations/constant.ts";
import { type Token, TokenMap } from "./tokens.ts";

/** The vocabularies that an analysis made: the tokens of each, in the order of their ids, by file name. */
export type VocabularyTokens = ReadonlyMap<string, readonly Token[]>;

export interface AnalyzedGraph {
  /** The traced function with the analyzers replaced by what they found. */
  readonly graph: ExpressionGraph;
  readonly vocabularies: VocabularyTokens;
}

/**
 * Runs the analyzers of a traced function over all rows. An analyzer whose input depends on another's result waits for
 * a later pass; mostly one pass is enough.
 * @param batches gives the rows once more on each call
 */
export async function analyze(
  traced: ExpressionGraph,
  batches: () => AsyncIterable<Batch>,
  signal?: AbortSignal,
): Promise<AnalyzedGraph> {
  let graph = nameVocabularies(traced);
  const vocabularies = new Map<string, readonly Token[]>();
  for (let ready = readyAnalyzers(graph); ready.length > 0; ready = readyAnalyzers(graph)) {
    const results = await runPass(graph, ready, batches(), idsByToken(vocabularies), signal);
    graph = resolve(graph, results, vocabularies);
  }
  return { graph: pruneGraph(foldConstants(graph)), vocabularies };
}

/** The lookup tables of some vocabularies. */
export function idsByToken(vocabularies: VocabularyTokens): Vocabularies {
  return new Map(
    Array.from(vocabularies, ([fileName, tokens]) => {
      const ids = new TokenMap<bigint>();
      tokens.forEach((token, id) => {
        ids.set(token, BigInt(id));
      });
      return [fileName, ids];
    }),
  );
}

/** Gives each vocabulary its file name, in the order of calls. */
function nameVocabularies(graph: ExpressionGraph): ExpressionGraph {
  const uses = new Map<string, number>();
  const names = new Set<string>();
  const nodes = graph.nodes.map((node) => {
    if (node.operation !== "analyzer:vocabulary") return node;
    const { scope, vocabFilename } = node.attributes as { scope: string; vocabFilename?: string };
    const use = uses.get(scope) ?? 0;
    uses.set(scope, use + 1);
    const name = vocabFilename ?? vocabularyName(scope, use);
    const fileName = name.replace(/[^A-Za-z0-9_.-]/g, "_");
    if (names.has(fileName)) throw new Error(`Two vocabularies have the file name "${fileName}"`);
    names.add(fileName);
    return { ...node, attributes: { ...node.attributes, name, fileName } };
  });
  return { ...graph, nodes };
}

/** The positions of the analyzers whose inputs depend on no other analyzer. */
function readyAnalyzers(graph: ExpressionGraph): number[] {
  const dependent = new Set<number>();
  const ready: number[] = [];
  graph.nodes.forEach((node, position) => {
    const waits = node.inputs.some((input) => dependent.has(input));
    if (isAnalyzer(node) && !waits) ready.push(position);
    if (isAnalyzer(node) || waits) dependent.add(position);
  });
  return ready;
}

async function runPass(
  graph: ExpressionGraph,
  analyzers: readonly number[],
  batches: AsyncIterable<Batch>,
  vocabularies: Vocabularies,
  signal: AbortSignal | undefined,
): Promise<Map<number, AnalyzerResult>> {
  const inputs = analyzers.map((position) => graph.nodes[position]!.inputs[0]!);
  const analyses = analyzers.map((position, i) => startAnalysis(graph.nodes[position]!, graph.nodes[inputs[i]!]!));
  for await (const batch of batches) {
    signal?.throwIfAborted();
    evaluateNodes(graph, inputs, batchSource(batch), vocabularies).forEach((value, i) => {
      analyses[i]!.add(value);
    });
  }
  return new Map(analyzers.map((position, i) => [position, analyses[i]!.finish()]));
}

/** Puts results in the places of their analyzers; tokens go to the vocabularies. */
function resolve(
  graph: ExpressionGraph,
  results: ReadonlyMap<number, AnalyzerResult>,
  vocabularies: Map<string, readonly Token[]>,
): ExpressionGraph {
  const nodes = graph.nodes.map((node, position): GraphNode => {
    const result = results.get(position);
    if (!result) return node;
    if (result.kind === "constant") {
      const attributes = { values: encodeValues(result.values) };
      return { ...node, operation: "constant", inputs: [], shape: result.shape, attributes };
    }
    const { name, fileName } = node.attributes as { name: string; fileName: string };
    vocabularies.set(fileName, result.tokens);
    const attributes = { name, fileName, size: result.tokens.length };
    return { ...node, operation: "vocabulary", inputs: [], attributes };
  });
  return { ...graph, nodes };
}
