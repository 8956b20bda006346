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
import { LeftOut } from "./left-out.ts";

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
 * A DAG with max_active_runs unfinished scheduled runs gets no more until one ends. No DAG holds up the others: one that
 * has missed many runs gets one in each pass over all, and one that fails is left out for a while.
 */
export class RunCreator implements Duty {
  readonly name = "Creating runs";
  readonly #options: CreateRunsOptions;
  readonly #wake = new Wake();
  readonly #structures = new DagStructures(100);
  readonly #leftOut: LeftOut;

  constructor(options: CreateRunsOptions) {
    this.#options = options;
    this.#leftOut = new LeftOut(options.log);
  }

  /** Something changed that may make a run due: a DAG, or the end of a run. */
  wake(): void {
    this.#wake.set();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { db, everySeconds } = this.#options;
    while (!signal.aborted) {
      await this.#createDueRuns(signal);
      const dueIn = await nextRunDueIn(db, this.#leftOut.ids());
      await this.#wake.wait(Math.max(0, Math.min(dueIn ?? Number.POSITIVE_INFINITY, everySeconds * 1000)), signal);
    }
  }

  /** Creates one run for each of the DAGs that are due. */
  async #createDueRuns(signal: AbortSignal): Promise<void> {
    const { db, dagsPerLoop } = this.#options;
    /** Those that have had theirs, and are due for another one already. */
    const served: string[] = [];
    while (!signal.aborted) {
      const begun: string[] = [];
      const dueAgain: string[] = [];
      try {
        await transaction(db, async (tx) => {
          for (const dag of await lockDueDags(tx, dagsPerLoop, [...served, ...this.#leftOut.ids()])) {
            begun.push(dag.dagId);
            if (await this.#createRun(tx, dag)) dueAgain.push(dag.dagId);
          }
        });
      } catch (error) {
        const failed = begun.at(-1);
        if (failed === undefined) throw error;
        this.#leftOut.add(failed, "Creating a run", error);
        continue;
      }
      for (const dagId of begun) this.#leftOut.readmit(dagId);
      served.push(...dueAgain);
      if (begun.length < dagsPerLoop) return;
    }
  }

  /** Creates the next run of a DAG. @returns whether the DAG is due for another one already */
  async #createRun(tx: Transaction, { dagId, dagVersionId, now, ...due }: DueDag): Promise<boolean> {
    const { log, catchupByDefault } = this.#options;
    const { dag } = await loadSerializedDag(tx, dagVersionId);
    let last = await lastScheduledInterval(tx, dagId);
    let promised: Date | null = due.promised;
    for (;;) {
      // Computed anew: without catchup, a DAG that was paused for long goes on with the latest tick.
      const next = nextRunOf({ dag, last, promised, catchupByDefault, now });
      promised = null;
      if (next === null || next.runAfter > now) {
        await setNextRun(tx, dagId, next);
        return false;
      }
      const runId = runIdFor("scheduled", next.runAfter);
      last = next.dataInterval;
      try {
        await createDagRun(
          tx,
          { dagId, runId, runType: "scheduled", ...next, triggeredBy: "timetable" },
          this.#structures,
        );
        log.info(`Created run ${runId} of ${dagId}`);
        const following = nextRunOf({ dag, last, promised, catchupByDefault, now });
        await setNextRun(tx, dagId, following);
        return following !== null && following.runAfter <= now;
      } catch (error) {
        // A run that somebody started has this date: the tick is taken, and the schedule goes on behind it.
        if (!(error instanceof DaisyError)) throw error;
        log.warning(`Run ${runId} of ${dagId} is not created: ${error.message}`);
      }
    }
  }
}
