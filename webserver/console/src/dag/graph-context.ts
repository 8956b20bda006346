import { createContext } from "react";
import type { RunSummary, TaskStateSummary } from "../../../protocol.ts";

/** What the graph's nodes show beside the structure. */
export interface GraphState {
  readonly run: RunSummary | undefined;
  /** A task's instances in the run; more than one when it is mapped. */
  readonly tasks: ReadonlyMap<string, readonly TaskStateSummary[]>;
  /** The state that the legend points at. */
  readonly highlight: string | undefined;
  readonly selected: string | undefined;
  readonly open: (taskId: string, mapIndex: number) => void;
}

export const GraphContext = createContext<GraphState>({
  run: undefined,
  tasks: new Map(),
  highlight: undefined,
  selected: undefined,
  open: () => undefined,
});
