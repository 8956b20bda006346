import { createAssetRun, listDueAssetDags } from "#core/database/asset-runs.ts";
import { type Database, transaction } from "#core/database/connect.ts";
import { DagStructures } from "#core/database/dag-versions.ts";
import type { Duty } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { Wake } from "#core/wake.ts";
import { LeftOut } from "./left-out.ts";

export interface CreateAssetRunsOptions {
  readonly db: Database;
  readonly log: Log;
  /** The longest time between two looks, in seconds. */
  readonly everySeconds: number;
}

/**
 * Events of assets → DAG run. Every event wakes it; each run is created exactly once, whoever the scheduler is, and
 * takes the events that it is for from the DAG's queue. A DAG that is paused, or has max_active_runs unfinished runs,
 * keeps its events until it can have a run; one that fails is left out for a while.
 */
export class AssetRunCreator implements Duty {
  readonly name = "Creating runs for assets";
  readonly #options: CreateAssetRunsOptions;
  readonly #wake = new Wake();
  readonly #structures = new DagStructures(100);
  readonly #leftOut: LeftOut;
  #areSomeFull = false;

  constructor(options: CreateAssetRunsOptions) {
    this.#options = options;
    this.#leftOut = new LeftOut(options.log);
  }

  /** Something changed that may make a run due: an event, or a DAG. */
  wake(): void {
    this.#wake.set();
  }

  /** A run has ended, which matters while a DAG waits for that. */
  runEnded(): void {
    if (this.#areSomeFull) this.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.createDueRuns();
      await this.#wake.wait(this.#options.everySeconds * 1000, signal);
    }
  }

  /** Creates a run for each DAG that is due. */
  async createDueRuns(): Promise<void> {
    const { db, log } = this.#options;
    // Set first: a run that ends during the look may be one that the look still counts.
    this.#areSomeFull = true;
    const { due, areSomeFull } = await listDueAssetDags(db);
    this.#areSomeFull = areSomeFull || due.length > 0;
    for (const dagId of due.filter((id) => !this.#leftOut.has(id))) {
      try {
        const runId = await transaction(db, (tx) => createAssetRun(tx, dagId, this.#structures));
        this.#leftOut.readmit(dagId);
        if (runId !== null) log.info(`Created run ${runId} of ${dagId}`);
      } catch (error) {
        this.#leftOut.add(dagId, "Creating a run for assets", error);
      }
    }
  }
}
