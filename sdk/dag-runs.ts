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
  /** Whether an existing run of that id is cleared instead, so that it runs again. @default false */
  readonly reset?: boolean;
}

/** When a run is the latest of its DAG. */
export interface LatestWindow {
  /** Whether a user started it. */
  readonly isManual: boolean;
  /** ISO dates: it is the latest after the start and until the end; null: for ever. */
  readonly window: { readonly start: string; readonly end: string } | null;
}

/** What operators may ask for about DAG runs; not part of the client that handlers get. */
export interface DagRuns {
  /** Creates a run. Returns why there is none when a run of that id or date exists, else null; rejects otherwise. */
  trigger(run: RunToTrigger): Promise<string | null>;
  /** Null when there is no such run. */
  state(dagId: string, runId: string): Promise<DagRunState | null>;
  isPaused(dagId: string): Promise<boolean>;
  /** When the run of the asking task is the latest of its DAG. */
  latestWindow(): Promise<LatestWindow>;
  /** The states of runs of a DAG, or of tasks in them. */
  states(target: ExternalTarget): Promise<ExternalStates>;
  /** What a DAG has in its latest version; null when there is no such DAG. */
  outline(dagId: string): Promise<DagOutline | null>;
}

/** Runs of a DAG, by their ids and logical dates (ISO), and which of their tasks. */
export interface ExternalTarget {
  readonly dagId: string;
  readonly runIds: readonly string[];
  readonly logicalDates: readonly string[];
  /** Null: the runs themselves. */
  readonly taskIds: readonly string[] | null;
}

/** Those of the runs that exist. */
export interface ExternalStates {
  readonly runs: readonly {
    readonly runId: string;
    readonly state: DagRunState;
    /** Of all instances of the tasks; empty when none was asked for. Without a state: "none". */
    readonly taskStates: readonly string[];
  }[];
}

/** The tasks of a DAG, and the tasks of each of its groups at any depth. */
export interface DagOutline {
  readonly taskIds: readonly string[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
}
