import type { Node } from "./node.ts";

const EDGE_LABEL = Symbol.for("daisy.sdk.EdgeLabel");

/** An end of an edge with a text that graphs write beside the edge. */
export interface LabelledNode {
  readonly [EDGE_LABEL]: string;
  readonly node: Node;
}

/**
 * Names an edge (Airflow's `Label`).
 *
 * ```ts
 * check.before(label("no new rows", stop), label("new rows", load));
 * ```
 */
export function label(text: string, node: Node): LabelledNode {
  if (typeof text !== "string" || text === "") throw new Error("label(...) takes a non-empty text and a task or group");
  return Object.freeze({ [EDGE_LABEL]: text, node });
}

/** A node and the label that its edge is given, if any. */
export function readEdgeEnd(end: Node | LabelledNode): { node: Node; label: string | undefined } {
  if (typeof end === "object" && end !== null && EDGE_LABEL in end) return { node: end.node, label: end[EDGE_LABEL] };
  return { node: end, label: undefined };
}
