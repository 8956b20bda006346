import { Graph, layout } from "@dagrejs/dagre";
import type { StructureAnswer, StructureNode } from "../../../protocol.ts";

/** Left to right, right to left, top to bottom, bottom to top. */
export type Direction = "LR" | "RL" | "TB" | "BT";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedEdge {
  readonly source: string;
  readonly target: string;
  /** From the border of one node around others to the border of the other. */
  readonly points: readonly Point[];
  readonly label: string | undefined;
}

export interface PlacedNode {
  readonly node: StructureNode;
  /** The top left corner; inside its group, when it is in one. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const NODE_HEIGHT = 38;
const NODE_PADDING = 30;
const MIN_WIDTH = 64;
const LABEL_FONT = "13px system-ui, sans-serif";
/** Room for a group's name above what is in it. */
const GROUP_HEAD = 26;

/** Places a DAG's tasks and groups in ranks along a direction, and leads edges around them. */
export function layoutGraph(
  structure: StructureAnswer,
  direction: Direction,
): { nodes: PlacedNode[]; edges: PlacedEdge[] } {
  const graph = new Graph({ compound: true })
    .setGraph({ rankdir: direction, nodesep: 22, ranksep: 56, marginx: 8, marginy: 8 })
    .setDefaultEdgeLabel(() => ({}));
  for (const node of structure.nodes) {
    graph.setNode(node.id, node.kind === "task" ? { width: nodeWidth(node), height: NODE_HEIGHT } : {});
  }
  for (const node of structure.nodes) if (node.parent !== null) graph.setParent(node.id, node.parent);
  for (const { source, target, label } of structure.edges) {
    graph.setEdge(source, target, label === undefined ? {} : { width: labelWidth(label), height: 14, labelpos: "c" });
  }
  layout(graph);
  const corners = new Map(structure.nodes.map((node) => [node.id, cornerOf(graph, node)]));
  const nodes = structure.nodes.map((node) => {
    const { x, y, width, height } = corners.get(node.id)!;
    const parent = node.parent === null ? { x: 0, y: 0 } : corners.get(node.parent)!;
    return { node, x: x - parent.x, y: y - parent.y, width, height };
  });
  const edges = structure.edges.map(({ source, target, label }) => {
    const { points } = graph.edge(source, target) as { points: Point[] };
    return { source, target, points, label };
  });
  return { nodes, edges };
}

/** dagre gives a node's middle; a group without tasks gets a size of its own. */
function cornerOf(graph: Graph, node: StructureNode) {
  const {
    x = 0,
    y = 0,
    width = MIN_WIDTH,
    height = NODE_HEIGHT,
  } = graph.node(node.id) as Partial<Record<"x" | "y" | "width" | "height", number>>;
  const head = node.kind === "group" ? GROUP_HEAD : 0;
  return { x: x - width / 2, y: y - height / 2 - head, width, height: height + head };
}

/** A mapped task's label has the number of its instances behind it. */
function nodeWidth({ label, is_mapped: isMapped }: StructureNode): number {
  return labelWidth(isMapped ? `${label} [1024]` : label);
}

let canvas: CanvasRenderingContext2D | null | undefined;

function labelWidth(label: string): number {
  canvas ??= document.createElement("canvas").getContext("2d");
  if (!canvas) return Math.max(MIN_WIDTH, label.length * 8 + NODE_PADDING);
  canvas.font = LABEL_FONT;
  return Math.max(MIN_WIDTH, Math.ceil(canvas.measureText(label).width) + NODE_PADDING);
}
