import type { BaseNode } from "../components/base-node.ts";

/**
 * The nodes in an order in which each comes after all it waits for; among those that are ready, the given order is kept.
 * Throws for an upstream node that is not among the nodes, naming both, and for a cycle, naming it.
 */
export function topologicalOrder(nodes: readonly BaseNode[]): BaseNode[] {
  const listed = new Set(nodes);
  for (const node of nodes) {
    for (const upstream of node.upstreamNodes) {
      if (!listed.has(upstream)) {
        throw new Error(
          `Components is not in topological order: ${node.id} needs ${upstream.id}, which is not in the pipeline's components.`,
        );
      }
    }
  }
  const ordered = new Set<BaseNode>();
  const waiting = [...listed];
  while (waiting.length > 0) {
    const ready = waiting.findIndex((node) => [...node.upstreamNodes].every((upstream) => ordered.has(upstream)));
    if (ready === -1) throw new Error(`The pipeline's components form a cycle: ${cycleAmong(waiting).join(" -> ")}`);
    ordered.add(waiting.splice(ready, 1)[0]!);
  }
  return [...ordered];
}

/** Walks upstream among nodes that all wait for each other until one comes twice. */
function cycleAmong(waiting: readonly BaseNode[]): string[] {
  const path: BaseNode[] = [waiting[0]!];
  for (;;) {
    const next = [...path.at(-1)!.upstreamNodes].find((upstream) => waiting.includes(upstream))!;
    const seen = path.indexOf(next);
    path.push(next);
    if (seen !== -1) {
      return path
        .slice(seen)
        .map((node) => node.id)
        .reverse();
    }
  }
}
