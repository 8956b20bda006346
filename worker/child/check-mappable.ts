import { type DagGraph, mappedGroupOf, type TaskNode } from "#sdk/dag-graph.ts";
import { expandUpstreams } from "#sdk/expand-input.ts";

/** Thrown for a task that pushed no result although others are expanded over it. */
export class XComForMappingNotPushed extends Error {
  override readonly name = "XComForMappingNotPushed";
}
/** Thrown for a task whose result cannot be expanded over. */
export class UnmappableXComTypePushed extends Error {
  override readonly name = "UnmappableXComTypePushed";
}
/** Thrown for a task whose result is too long to be expanded over. */
export class UnmappableXComLengthPushed extends Error {
  override readonly name = "UnmappableXComLengthPushed";
}

const expandedOver = new WeakMap<DagGraph, ReadonlySet<string>>();

/**
 * Throws Airflow's errors when others are expanded over a task and its result does not allow it, so that the task
 * itself fails and says why.
 * @param result what is pushed; undefined when nothing is
 */
export function checkMappable(graph: DagGraph, node: TaskNode, result: unknown, maxMapLength: number): void {
  // Each instance of a mapped task pushes one item.
  if (node.expand !== undefined || mappedGroupOf(node) !== null) return;
  if (!isExpandedOver(graph, node)) return;
  if (result === undefined || result === null) {
    throw new XComForMappingNotPushed("did not push XCom for task mapping");
  }
  if (typeof result !== "object") throw new UnmappableXComTypePushed(`unmappable return type '${typeof result}'`);
  const length = Array.isArray(result) ? result.length : Object.keys(result).length;
  if (length <= maxMapLength) return;
  throw new UnmappableXComLengthPushed(`unmappable return value length: ${length} > ${maxMapLength}`);
}

/** Whether tasks or groups are expanded over a task's result. */
export function isExpandedOver(graph: DagGraph, node: TaskNode): boolean {
  return findExpandedOver(graph).has(node.id);
}

/** The tasks of whose results tasks and groups are expanded. */
function findExpandedOver(graph: DagGraph): ReadonlySet<string> {
  const known = expandedOver.get(graph);
  if (known !== undefined) return known;
  const found = new Set<string>();
  for (const { expand } of graph.nodes.values()) {
    for (const id of expand === undefined ? [] : expandUpstreams(expand)) found.add(id);
  }
  expandedOver.set(graph, found);
  return found;
}
