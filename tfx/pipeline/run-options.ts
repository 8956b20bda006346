import type { BaseNode } from "../components/base-node.ts";
import type { Pipeline } from "./pipeline.ts";

/** Which part of a pipeline a run covers; without any of these, all of it. */
export interface RunOptions {
  /** Ids of nodes to start from; they and what comes after them run. */
  readonly fromNodes?: readonly string[];
  /** Ids of nodes to stop at; they and what comes before them run. */
  readonly toNodes?: readonly string[];
  /** The run whose outputs stand in for the nodes left out. @default each node's newest successful execution */
  readonly basePipelineRunId?: string;
}

/** What a partial run does, in topological order: nodes that run, and nodes whose earlier outputs those read. */
export interface RunPlan {
  readonly steps: readonly { readonly node: BaseNode; readonly action: "run" | "reuse" }[];
}

/** Throws for an id that is not in the pipeline, and when nothing would run. */
export function planRun(pipeline: Pipeline, options: RunOptions = {}): RunPlan {
  const { components } = pipeline;
  const first = options.fromNodes && findNodes(pipeline, options.fromNodes, "fromNodes");
  const last = options.toNodes && findNodes(pipeline, options.toNodes, "toNodes");
  const after = first ? reachable(first, (node) => components.filter((other) => other.upstreamNodes.has(node))) : null;
  const before = last ? reachable(last, (node) => [...node.upstreamNodes]) : null;
  const runs = new Set(components.filter((node) => (after?.has(node) ?? true) && (before?.has(node) ?? true)));
  if (runs.size === 0)
    throw new Error(`No node of ${pipeline.pipelineName} is both after fromNodes and before toNodes`);
  const reused = new Set([...runs].flatMap((node) => [...node.upstreamNodes]).filter((node) => !runs.has(node)));
  return {
    steps: components
      .filter((node) => runs.has(node) || reused.has(node))
      .map((node) => ({ node, action: runs.has(node) ? "run" : "reuse" })),
  };
}

function findNodes(pipeline: Pipeline, ids: readonly string[], option: string): BaseNode[] {
  return ids.map((id) => {
    const found = pipeline.components.find((node) => node.id === id);
    if (found !== undefined) return found;
    const known = pipeline.components.map((node) => node.id).join(", ");
    throw new Error(`${option} names ${id}, which is not a node of ${pipeline.pipelineName}: ${known}`);
  });
}

function reachable(start: readonly BaseNode[], neighbours: (node: BaseNode) => readonly BaseNode[]): Set<BaseNode> {
  const reached = new Set(start);
  for (const node of reached) for (const neighbour of neighbours(node)) reached.add(neighbour);
  return reached;
}
