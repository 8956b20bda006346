import type { Transaction } from "#core/database/connect.ts";
import { type Database, transaction } from "#core/database/connect.ts";
import { createDagRun } from "#core/database/create-dag-run.ts";
import { lastScheduledInterval } from "#core/database/dag-runs.ts";
import { DagStructures, loadSerializedDag } from "#core/database/dag-versions.ts";
import { setNextRun } from "#core/database/dags.ts";
import { type DueDag, lockDueDags, nextRunDueIn } from "#core/database/due-dags.ts";
import type { Duty } from "#core/duty.ts";
import { DaisyError } from "#core/errors.ts";
import type { Log } from "#core/log.ts";
import { runIdFor } from "#core/run-id.ts";
import { nextRunOf } from "#core/timetable/next-run.ts";
import { Wake } from "#core/wake.ts";

export interface CreateRunsOptions {
  readonly db: Database;
  readonly log: Log;
  /** DAGs whose due runs are created in one transaction. */
  readonly dagsPerLoop: number;
  readonly catchupByDefault: boolean;
  /** The longest time between two looks, in seconds. */
  readonly everySeconds: number;
}

/**
 * DAG → DAG run. Creates scheduled runs when they are due by the database's clock. A DAG's row is locked while its
 * run is created and its next run is computed, so each run is created exactly once, whoever the scheduler is.
 * A DAG with max_active_runs unfinished scheduled runs gets no more until one ends.
 */
export class RunCreator implements Duty {
  readonly name = "Creating runs";
  readonly #options: CreateRunsOptions;
  readonly #wake = new Wake();
  readonly #structures = new DagStructures(100);

  constructor(options: CreateRunsOptions) {
    this.#options = options;
  }

  /** Something changed that may make a run due: a DAG, or the end of a run. */
  wake(): void {
    this.#wake.set();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { db, dagsPerLoop, everySeconds } = this.#options;
    while (!signal.aborted) {
      const handled = await this.createDueRuns();
      if (handled === dagsPerLoop) continue;
      const dueIn = await nextRunDueIn(db);
      await this.#wake.wait(Math.max(0, Math.min(dueIn ?? Number.POSITIVE_INFINITY, everySeconds * 1000)), signal);
    }
  }

  /** Creates one run for each of the DAGs that are due, at most `dagsPerLoop`; returns how many DAGs were. */
  async createDueRuns(): Promise<number> {
    const { db, dagsPerLoop } = this.#options;
    return transaction(db, async (tx) => {
      const due = await lockDueDags(tx, dagsPerLoop);
      for (const dag of due) await this.#createRun(tx, dag);
      return due.length;
    });
  }

  async #createRun(tx: Transaction, { dagId, dagVersionId, now, ...due }: DueDag): Promise<void> {
    const { log, catchupByDefault } = this.#options;
    const { dag } = await loadSerializedDag(tx, dagVersionId);
    let last = await lastScheduledInterval(tx, dagId);
    let promised: Date | null = due.promised;
    for (;;) {
      // Computed anew: without catchup, a DAG that was paused for long goes on with the latest tick.
      const next = nextRunOf({ dag, last, promised, catchupByDefault, now });
      promised = null;
      if (next === null || next.runAfter > now) return setNextRun(tx, dagId, next);
      const runId = runIdFor("scheduled", next.runAfter);
      last = next.dataInterval;
      try {
        await createDagRun(
          tx,
          { dagId, runId, runType: "scheduled", ...next, triggeredBy: "timetable" },
          this.#structures,
        );
        log.info(`Created run ${runId} of ${dagId}`);
        return setNextRun(tx, dagId, nextRunOf({ dag, last, promised, catchupByDefault, now }));
      } catch (error) {
        // A run that somebody started has this date: the tick is taken, and the schedule goes on behind it.
        if (!(error instanceof DaisyError)) throw error;
        log.warning(`Run ${runId} of ${dagId} is not created: ${error.message}`);
      }
    }
  }
}
