import { createContext } from "react";
import type { RunSummary, StructureNode, TaskStateSummary } from "../../../protocol.ts";

/** What the graph's nodes show beside the structure. */
export interface GraphState {
  readonly run: RunSummary | undefined;
  /** The tasks that the run has. */
  readonly tasks: ReadonlyMap<string, TaskStateSummary>;
  /** The state that the legend points at. */
  readonly highlight: string | undefined;
  readonly selected: string | undefined;
  readonly open: (taskId: string) => void;
}

export const GraphContext = createContext<GraphState>({
  run: undefined,
  tasks: new Map(),
  highlight: undefined,
  selected: undefined,
  open: () => undefined,
});

/** A node's label, of a mapped task or group with the number of its instances: `load [3]`, before it is known `load [ ]`. */
export function labelOf(node: StructureNode, task: TaskStateSummary | undefined): string {
  if (!node.is_mapped) return node.label;
  const count = Object.values(task?.states ?? {}).reduce((sum, instances) => sum + instances, 0);
  return `${node.label} [${task?.is_mapped ? count : " "}]`;
}
