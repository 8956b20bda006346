import type { ExpressionNode } from "../operations/operation.ts";
import type { Analysis, Analyzers } from "./analyzer.ts";
import { numberAnalyzers } from "./numbers.ts";
import { quantileAnalyzers } from "./quantiles.ts";
import { vocabularyAnalyzers } from "./vocabulary.ts";

/** What the names of operations that need a pass over all rows begin with. */
const PREFIX = "analyzer:";

const ANALYZERS: Analyzers = { ...numberAnalyzers, ...quantileAnalyzers, ...vocabularyAnalyzers };

export function isAnalyzer(node: ExpressionNode): boolean {
  return node.operation.startsWith(PREFIX);
}

/** Starts the analysis that a node stands for. */
export function startAnalysis(node: ExpressionNode, input: ExpressionNode): Analysis {
  const analyzer = ANALYZERS[node.operation.slice(PREFIX.length)];
  if (!analyzer) throw new Error(`Unknown analyzer "${node.operation}" in a transform graph`);
  return analyzer(node, input);
}
