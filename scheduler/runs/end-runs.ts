import type { RunCallback } from "#core/database/callback-requests.ts";
import type { Database } from "#core/database/connect.ts";
import { finishRuns, pauseAfterFailures, timeOutRuns } from "#core/database/dag-runs.ts";
import type { Log } from "#core/log.ts";
import type { ActiveRuns } from "./active-runs.ts";
import { describeRun } from "./describe-run.ts";
import type { PendingChanges } from "./pending-changes.ts";
import type { RunMirror } from "./run-mirror.ts";

/** What ending runs needs of the evaluator. */
export interface EndingContext {
  readonly db: Database;
  readonly log: Log;
  readonly runs: ActiveRuns;
  readonly changes: PendingChanges;
  /** Called when a DAG was paused because its runs failed. */
  readonly onPaused: (dagId: string) => void;
  /** Called when runs ended. */
  readonly onRunsEnded: () => void;
}

interface RunToEnd {
  readonly mirror: RunMirror;
  readonly id: number;
  readonly state: "success" | "failed";
  readonly stuck: boolean;
  readonly callback: RunCallback | null;
}

/** Ends runs: those whose tasks have all ended, those in which nothing can happen any more, and those that take too long. */
export class RunEnder {
  readonly #context: EndingContext;
  /** Runs that looked stuck once, to be failed when they do again after a fresh load. */
  readonly #suspects = new Set<number>();

  constructor(context: EndingContext) {
    this.#context = context;
  }

  /** Notes that something goes on in runs: they are not stuck. */
  clearOfSuspicion(dagRunIds: Iterable<number>): void {
    for (const id of dagRunIds) this.#suspects.delete(id);
  }

  /** Ends those runs in which nothing is left, or nothing can happen. @param idle runs in which nothing became ready */
  async finish(idle: readonly RunMirror[]): Promise<void> {
    const { db, runs, changes, onRunsEnded } = this.#context;
    for (const id of this.#suspects) if (!runs.has(id)) this.#suspects.delete(id);
    const ends = idle.flatMap((mirror) => this.#judge(mirror));
    if (ends.length === 0) return;
    const ended = new Set(await finishRuns(db, ends));
    for (const end of ends) {
      if (ended.has(end.id)) await this.#noteEnd(end);
      else changes.reload(end.id);
    }
    if (ended.size > 0) onRunsEnded();
  }

  /** Fails the runs whose time is over. */
  async timeOut(): Promise<void> {
    const { db, log, runs, changes, onRunsEnded } = this.#context;
    const now = performance.now();
    const late = [...runs].filter(({ deadline }) => deadline !== null && deadline <= now);
    if (late.length === 0) return;
    const failed = await timeOutRuns(
      db,
      late.map((mirror) => ({
        id: mirror.dagRunId,
        timeoutSeconds: mirror.structure.dagrunTimeout!,
        callback: callbackOf(mirror, "failed", "timed_out"),
      })),
    );
    for (const mirror of late) {
      if (failed.includes(mirror.dagRunId)) {
        log.info(`${describeRun(mirror)} exceeded its dagrun_timeout and failed`);
        this.#forget(mirror);
      } else changes.reload(mirror.dagRunId);
    }
    if (failed.length > 0) onRunsEnded();
  }

  #judge(mirror: RunMirror): RunToEnd[] {
    const { dagRunId: id, end, isStuck } = mirror;
    if (end !== null) {
      const callback = callbackOf(mirror, end, end === "failed" ? "task_failure" : "success");
      return [{ mirror, id, state: end, stuck: false, callback }];
    }
    if (!isStuck) return [];
    if (this.#suspects.has(id)) {
      const callback = callbackOf(mirror, "failed", "all_tasks_deadlocked");
      return [{ mirror, id, state: "failed", stuck: true, callback }];
    }
    this.#suspects.add(id);
    this.#context.changes.reload(id);
    return [];
  }

  async #noteEnd({ mirror, state, stuck }: RunToEnd): Promise<void> {
    const run = describeRun(mirror);
    this.#context.log.info(stuck ? `Deadlock; marking ${run} failed` : `Marking ${run} ${state}`);
    this.#forget(mirror);
    if (state === "failed") await this.#countFailures(mirror);
  }

  async #countFailures({ structure: { dagId, maxConsecutiveFailedRuns } }: RunMirror): Promise<void> {
    if (maxConsecutiveFailedRuns === 0) return;
    const { db, log, onPaused } = this.#context;
    if (!(await pauseAfterFailures(db, dagId, maxConsecutiveFailedRuns))) return;
    log.warning(`Paused ${dagId}: its last ${maxConsecutiveFailedRuns} runs failed`);
    onPaused(dagId);
  }

  #forget({ dagRunId, structure }: RunMirror): void {
    const { runs, changes } = this.#context;
    runs.forget(dagRunId);
    this.#suspects.delete(dagRunId);
    changes.startRunsOf(structure.dagId);
  }
}

/** What a run's end calls for, with Airflow's word for why it ends so; null when the DAG has no callback for it. */
function callbackOf({ structure }: RunMirror, state: "success" | "failed", reason: string): RunCallback | null {
  const event = state === "success" ? "success" : "failure";
  return structure.callbacks[event] ? { event, reason } : null;
}
