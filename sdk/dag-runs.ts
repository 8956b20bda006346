import type { DagRunState } from "./states.ts";

export interface RunToTrigger {
  readonly dagId: string;
  readonly runId: string;
  /** Null: none. */
  readonly logicalDate: Date | null;
  /** When it may start; null: at once. */
  readonly runAfter: Date | null;
  readonly conf?: Readonly<Record<string, unknown>>;
  readonly note?: string;
}

/** What operators may ask for about runs of other DAGs; not part of the client that handlers get. */
export interface DagRuns {
  /** Creates a run. Returns why there is none when a run of that id or date exists, else null; rejects otherwise. */
  trigger(run: RunToTrigger): Promise<string | null>;
  /** Null when there is no such run. */
  state(dagId: string, runId: string): Promise<DagRunState | null>;
  isPaused(dagId: string): Promise<boolean>;
}
