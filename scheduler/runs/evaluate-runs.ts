import type { Database } from "#core/database/connect.ts";
import {
  type ActiveRun,
  finishRuns,
  loadActiveRuns,
  pauseAfterFailures,
  startQueuedRuns,
  summarizeRunningRuns,
  timeOutRuns,
} from "#core/database/dag-runs.ts";
import { DagStructures } from "#core/database/dag-versions.ts";
import { WHOLE_DAG } from "#core/database/dags.ts";
import type { RunChange } from "#core/database/notifications.ts";
import { nextDueIn, type QueuedTask, queueTasks, settleTasks, type TaskOfRun } from "#core/database/ready-tasks.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import type { TaskInstanceState } from "#core/states/task-moves.ts";
import { Wake } from "../wake.ts";
import { RunMirror } from "./run-mirror.ts";

export interface RunEvaluatorOptions {
  readonly db: Database;
  readonly log: Log;
  /** Task instances that may be queued or running at once, for all schedulers together. */
  readonly parallelism: () => number;
  /** Takes the tries that were queued; must not wait. */
  readonly dispatch: (tries: readonly { id: string; queue: string; priority: number }[]) => void;
  /** Called when runs ended, with their DAGs: the next ones may be due. */
  readonly onRunsEnded: () => void;
}

/** While tasks wait for slots anyway, ends of others are gathered for this long, to give their slots away together. */
const GATHER_MS = 3;
/** What cannot be scheduled when it is due is tried again after this long. */
const LEAST_DUE_WAIT_MS = 50;

/**
 * Runs → ready tasks. The heart of the scheduler: it hears that something changed in a run, finds which tasks may
 * run now, queues them, and ends runs.
 *
 * - Changes that arrive while a round is at work wait for the next round and are handled together: under load the
 *   rounds grow, and the number of statements does not.
 * - A round costs what changed. Each running run has a mirror in memory; only tasks directly after one that ended
 *   are judged, and one statement queues whatever came out for all runs.
 * - The mirrors are hints. A statement that finds other states than the mirror had, a change without details, and a
 *   sweep that counts differently each lead to a mirror being loaded anew. Every move is a compare-and-set, so two
 *   schedulers that judge the same run do no harm.
 * - When the database fails, the duty starts again with no mirrors and looks at every running run.
 */
export class RunEvaluator implements Duty {
  readonly name = "Evaluating runs";
  readonly #options: RunEvaluatorOptions;
  readonly #wake = new Wake();
  readonly #structures = new DagStructures();
  readonly #mirrors = new Map<number, RunMirror>();
  /** What is known to have changed since the last round; null: the run is to be loaded. */
  #changes = new Map<number, RunChange[] | null>();
  /** DAGs whose queued runs may start; null: all DAGs. */
  #dagsToStart: Set<string> | null = null;
  /** Scheduled task instances may be waiting for a free slot. */
  #backlog = true;
  #nextDue = Number.POSITIVE_INFINITY;
  #duesChanged = true;
  /** Runs that looked stuck once, to be failed when they do again after a fresh load. */
  readonly #suspects = new Set<number>();

  constructor(options: RunEvaluatorOptions) {
    this.#options = options;
  }

  /** Takes a `daisy_run` notification. */
  changed(change: RunChange): void {
    if (change.dagRunId === WHOLE_DAG) {
      for (const mirror of this.#mirrors.values()) {
        if (mirror.structure.dagId === change.dagId) this.#reload(mirror.dagRunId);
      }
      this.#dagsToStart?.add(change.dagId);
      this.#duesChanged = true;
    } else {
      if (!this.#mirrors.has(change.dagRunId)) this.#dagsToStart?.add(change.dagId);
      const known = this.#changes.get(change.dagRunId);
      if (change.tasks === undefined) this.#reload(change.dagRunId);
      else if (known === undefined) this.#changes.set(change.dagRunId, [change]);
      else known?.push(change);
    }
    this.#wake.set();
  }

  /** Compares the mirrors with the tables, and looks for whatever waits without having been told. */
  async sweep(): Promise<void> {
    const summaries = await summarizeRunningRuns(this.#options.db);
    for (const { id, untouched, finished } of summaries) {
      const mirror = this.#mirrors.get(id)?.summary;
      if (mirror?.untouched !== untouched || mirror.finished !== finished) this.#reload(id);
    }
    const running = new Set(summaries.map((summary) => summary.id));
    for (const id of this.#mirrors.keys()) if (!running.has(id)) this.#reload(id);
    this.#lookEverywhere();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#mirrors.clear();
    for (const { id } of await summarizeRunningRuns(this.#options.db)) this.#reload(id);
    this.#lookEverywhere();
    while (!signal.aborted) {
      await this.#wake.wait(this.#nextTimer(), signal);
      if (this.#backlog) await pauseFor(GATHER_MS, signal);
      if (signal.aborted) return;
      await this.#round();
    }
  }

  #lookEverywhere(): void {
    this.#dagsToStart = null;
    this.#backlog = true;
    this.#duesChanged = true;
    this.#wake.set();
  }

  #reload(id: number): void {
    this.#changes.set(id, null);
    this.#wake.set();
  }

  /** Milliseconds until a task instance is due again or a run has taken too long. */
  #nextTimer(): number {
    let next = this.#nextDue;
    for (const mirror of this.#mirrors.values()) if (mirror.deadline !== null) next = Math.min(next, mirror.deadline);
    return Math.max(0, next - performance.now());
  }

  async #round(): Promise<void> {
    const changes = this.#changes;
    this.#changes = new Map();
    const dags = this.#dagsToStart;
    this.#dagsToStart = new Set();
    const { db } = this.#options;
    if (dags === null || dags.size > 0) {
      for (const id of await startQueuedRuns(db, dags && [...dags])) changes.set(id, null);
    }
    const affected = await this.#follow(changes);
    await this.#timeOut();
    await this.#advance(affected);
    if (this.#duesChanged) {
      this.#duesChanged = false;
      const wait = await nextDueIn(db);
      this.#nextDue = wait === null ? Number.POSITIVE_INFINITY : performance.now() + Math.max(wait, LEAST_DUE_WAIT_MS);
    }
  }

  /** Brings the mirrors up to date, and returns those that something changed in. */
  async #follow(changes: ReadonlyMap<number, RunChange[] | null>): Promise<RunMirror[]> {
    const affected: RunMirror[] = [];
    const toLoad: number[] = [];
    for (const [id, runChanges] of changes) {
      const mirror = this.#mirrors.get(id);
      const tasks = runChanges?.flatMap((change) => change.tasks ?? []);
      for (const [, , state] of tasks ?? []) {
        if (isWaiting(state)) this.#duesChanged = true;
        // A trigger fired.
        if (state === "scheduled") this.#backlog = true;
      }
      const follows =
        mirror !== undefined &&
        tasks?.every(([taskId, mapIndex, state]) => mirror.follow(taskId, mapIndex, state as TaskInstanceState));
      if (follows) affected.push(mirror);
      else toLoad.push(id);
    }
    if (toLoad.length > 0) affected.push(...(await this.#load(toLoad)));
    return affected;
  }

  async #load(ids: readonly number[]): Promise<RunMirror[]> {
    const { db } = this.#options;
    for (const id of ids) this.#mirrors.delete(id);
    const loaded: RunMirror[] = [];
    for (const run of await loadActiveRuns(db, ids)) {
      const structure = await this.#structures.load(db, run.dagVersionId);
      const mirror = new RunMirror(
        { dagRunId: run.id, isPaused: run.isPaused, deadline: deadlineOf(run, structure.dagrunTimeout) },
        structure,
        new Map(run.states),
        new Set(run.passedOver),
      );
      this.#mirrors.set(run.id, mirror);
      loaded.push(mirror);
    }
    for (const id of this.#suspects) if (!this.#mirrors.has(id)) this.#suspects.delete(id);
    return loaded;
  }

  async #timeOut(): Promise<void> {
    const now = performance.now();
    const late = [...this.#mirrors.values()].filter((mirror) => mirror.deadline !== null && mirror.deadline <= now);
    if (late.length === 0) return;
    const runs = late.map((mirror) => ({ id: mirror.dagRunId, timeoutSeconds: mirror.structure.dagrunTimeout! }));
    const failed = await timeOutRuns(this.#options.db, runs);
    for (const mirror of late) {
      const hasFailed = failed.includes(mirror.dagRunId);
      if (hasFailed) this.#options.log.info(`${describe(mirror)} exceeded its dagrun_timeout and failed`);
      if (hasFailed) this.#forget(mirror);
      else this.#reload(mirror.dagRunId);
    }
    if (failed.length > 0) this.#options.onRunsEnded();
  }

  async #advance(affected: readonly RunMirror[]): Promise<void> {
    const ready: TaskOfRun[] = [];
    const settled: (TaskOfRun & { state: "skipped" | "upstream_failed" })[] = [];
    const idle = new Set<RunMirror>();
    for (const mirror of affected) {
      const { dagRunId, structure } = mirror;
      const name = (task: number) => ({ dagRunId, taskId: structure.tasks[task]!.taskId, mapIndex: -1 });
      const evaluation = mirror.evaluate();
      for (const task of evaluation.ready) ready.push(name(task));
      for (const [task, state] of evaluation.settled) settled.push({ ...name(task), state });
      if (evaluation.ready.length === 0) idle.add(mirror);
      else this.#suspects.delete(dagRunId);
    }
    const isDue = this.#nextDue <= performance.now();
    if (isDue) this.#duesChanged = true;
    if (ready.length > 0 || isDue || this.#backlog) await this.#queue(ready);
    if (settled.length > 0 && (await settleTasks(this.#options.db, settled)) < settled.length) {
      for (const { dagRunId } of settled) this.#reload(dagRunId);
    }
    await this.#finish([...idle]);
  }

  async #queue(ready: readonly TaskOfRun[]): Promise<void> {
    const { db, parallelism, dispatch } = this.#options;
    const { tasks, backlog } = await queueTasks(db, ready, parallelism());
    this.#backlog = backlog;
    dispatch(tasks.filter((task) => task.ours && task.state === "queued"));
    for (const task of tasks) this.#settle(task);
  }

  #settle({ dagRunId, taskId, mapIndex, state }: QueuedTask): void {
    const mirror = this.#mirrors.get(dagRunId);
    if (mirror === undefined || mapIndex !== -1) return;
    mirror.settle(taskId, state);
  }

  async #finish(mirrors: readonly RunMirror[]): Promise<void> {
    const ends = mirrors.flatMap((mirror) => {
      const { end, isStuck } = mirror;
      if (end !== null) return [{ mirror, id: mirror.dagRunId, state: end, stuck: false }];
      if (!isStuck) return [];
      if (this.#suspects.has(mirror.dagRunId)) {
        return [{ mirror, id: mirror.dagRunId, state: "failed" as const, stuck: true }];
      }
      this.#suspects.add(mirror.dagRunId);
      this.#reload(mirror.dagRunId);
      return [];
    });
    if (ends.length === 0) return;
    const { db, log, onRunsEnded } = this.#options;
    const ended = new Set(await finishRuns(db, ends));
    for (const { mirror, id, state, stuck } of ends) {
      if (!ended.has(id)) {
        this.#reload(id);
        continue;
      }
      log.info(stuck ? `Deadlock; marking ${describe(mirror)} failed` : `Marking ${describe(mirror)} ${state}`);
      this.#forget(mirror);
      if (state === "failed") await this.#countFailures(mirror);
    }
    if (ended.size > 0) onRunsEnded();
  }

  async #countFailures({ structure: { dagId, maxConsecutiveFailedRuns } }: RunMirror): Promise<void> {
    if (maxConsecutiveFailedRuns === 0) return;
    if (await pauseAfterFailures(this.#options.db, dagId, maxConsecutiveFailedRuns)) {
      this.#options.log.warning(`Paused ${dagId}: its last ${maxConsecutiveFailedRuns} runs failed`);
      this.changed({ dagRunId: WHOLE_DAG, dagId });
    }
  }

  #forget(mirror: RunMirror): void {
    this.#mirrors.delete(mirror.dagRunId);
    this.#suspects.delete(mirror.dagRunId);
    this.#dagsToStart?.add(mirror.structure.dagId);
    this.#wake.set();
  }
}

/** Whether a task instance in this state may become due again by itself. */
function isWaiting(state: string | null): boolean {
  return state === "up_for_retry" || state === "up_for_reschedule" || state === "deferred";
}

function deadlineOf(run: ActiveRun, timeoutSeconds: number | null): number | null {
  return timeoutSeconds === null ? null : performance.now() + timeoutSeconds * 1000 - run.runningMs;
}

function describe(mirror: RunMirror): string {
  return `run ${mirror.dagRunId} of ${mirror.structure.dagId}`;
}
