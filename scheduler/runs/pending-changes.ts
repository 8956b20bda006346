import { WHOLE_DAG } from "#core/database/dags.ts";
import type { RunChange } from "#core/database/notifications.ts";

/** What one round has to look at. */
export interface Changes {
  /** By run, what changed in it; null: the run is to be loaded. */
  readonly runs: Map<number, RunChange[] | null>;
  /** DAGs whose queued runs may start; null: all DAGs. */
  readonly dagsToStart: ReadonlySet<string> | null;
  /** DAGs in which something has changed: instances that wait for earlier runs may go. */
  readonly dags: ReadonlySet<string>;
}

/** What has become known since the last round began. Under load much of it is handled together. */
export class PendingChanges {
  #runs = new Map<number, RunChange[] | null>();
  #dagsToStart: Set<string> | null = null;
  #dags = new Set<string>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Notes a change in a run, or that a DAG as a whole is to be looked at. */
  add(change: RunChange): void {
    const { dagId, dagRunId, tasks } = change;
    this.#dags.add(dagId);
    if (dagRunId !== WHOLE_DAG) {
      const known = this.#runs.get(dagRunId);
      if (tasks === undefined) this.#runs.set(dagRunId, null);
      else if (known === undefined) this.#runs.set(dagRunId, [change]);
      else known?.push(change);
    }
    this.#onChange();
  }

  /** Has a run loaded anew. */
  reload(dagRunId: number): void {
    this.#runs.set(dagRunId, null);
    this.#onChange();
  }

  /** Has queued runs of a DAG looked at. */
  startRunsOf(dagId: string): void {
    this.#dagsToStart?.add(dagId);
    this.#onChange();
  }

  /** Has queued runs of all DAGs looked at. */
  startRunsOfAll(): void {
    this.#dagsToStart = null;
    this.#onChange();
  }

  /** Has the instances of a DAG looked at that wait for earlier runs. */
  recheckPastOf(dagId: string): void {
    this.#dags.add(dagId);
    this.#onChange();
  }

  /** Whether the next round looks at a run. */
  concern(dagRunId: number): boolean {
    return this.#runs.has(dagRunId);
  }

  /** Hands over all that is known, and begins anew. */
  take(): Changes {
    const taken = { runs: this.#runs, dagsToStart: this.#dagsToStart, dags: this.#dags };
    this.#runs = new Map();
    this.#dagsToStart = new Set();
    this.#dags = new Set();
    return taken;
  }
}
