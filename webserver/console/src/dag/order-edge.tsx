import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import type { Point } from "./layout.ts";

export type OrderFlowEdge = Edge<{ points: readonly Point[]; label: string | undefined }>;

/** A line that says which task runs after which. */
export function OrderEdge({ data, markerEnd }: EdgeProps<OrderFlowEdge>) {
  const { points, label } = data!;
  const middle = points[Math.floor(points.length / 2)];
  return (
    <BaseEdge path={smoothPath(points)} markerEnd={markerEnd} label={label} labelX={middle?.x} labelY={middle?.y} />
  );
}

/** A cubic B-spline through the first and the last point, led by those in between. */
function smoothPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const at = (...terms: readonly (readonly [number, Point])[]) => {
    const weight = terms.reduce((sum, [share]) => sum + share, 0);
    const mean = (axis: "x" | "y") => terms.reduce((sum, [share, point]) => sum + share * point[axis], 0) / weight;
    return `${mean("x").toFixed(1)},${mean("y").toFixed(1)}`;
  };
  if (first === undefined || rest.length === 0) return "";
  let path = `M${at([1, first])}L${at([5, first], [1, rest[0]!])}`;
  const all = [...points, points.at(-1)!];
  for (let i = 0; i + 2 < all.length; i++) {
    const [a, b, c] = [all[i]!, all[i + 1]!, all[i + 2]!];
    path += `C${at([2, a], [1, b])} ${at([1, a], [2, b])} ${at([1, a], [4, b], [1, c])}`;
  }
  return `${path}L${at([1, points.at(-1)!])}`;
}
