import type { Database } from "#core/database/connect.ts";
import { startQueuedRuns, summarizeRunningRuns } from "#core/database/dag-runs.ts";
import { WHOLE_DAG } from "#core/database/dags.ts";
import type { RunChange } from "#core/database/notifications.ts";
import { queueTasks, settleTasks, type TaskOfRun } from "#core/database/ready-tasks.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { Wake } from "#core/wake.ts";
import { ActiveRuns } from "./active-runs.ts";
import type { CheckPast } from "./check-past.ts";
import { type Decisions, decideRuns } from "./decide-runs.ts";
import { DueTimer } from "./due-timer.ts";
import { RunEnder } from "./end-runs.ts";
import { type Changes, PendingChanges } from "./pending-changes.ts";
import type { RunMirror } from "./run-mirror.ts";

export interface RunEvaluatorOptions {
  readonly db: Database;
  readonly log: Log;
  /** Task instances that may be queued or running at once, for all schedulers together. */
  readonly parallelism: () => number;
  /** The queues that living workers serve. @default null: all count as served */
  readonly servedQueues?: () => readonly string[] | null;
  /** Takes the tries that were queued; must not wait. */
  readonly dispatch: (tries: readonly { id: string; queue: string; priority: number }[]) => void;
  /** Called when runs ended, with their DAGs: the next ones may be due. */
  readonly onRunsEnded: () => void;
  /** Says which task instances may go although they depend on earlier runs. @default all */
  readonly checkPast?: CheckPast;
}

/** While tasks wait for slots anyway, ends of others are gathered for this long, to give their slots away together. */
const GATHER_MS = 3;
/**
 * A round costs something for each task instance that is queued or running, because it counts them. So the more there
 * are, and the longer a new one would stand in the queue anyway, the longer ends are gathered: a millisecond for this many.
 */
const ACTIVE_PER_GATHERED_MS = 32;
const LONGEST_GATHER_MS = 50;

/**
 * Runs → ready tasks. The heart of the scheduler: it hears that something changed in a run, finds which tasks may
 * run now, queues them, and ends runs.
 *
 * - Changes that arrive while a round is at work wait for the next round and are handled together: under load the
 *   rounds grow, and the number of statements does not.
 * - Rounds wait a little for each other's changes while much is on its way. What is told of an idle system is decided
 *   at once.
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
  readonly #changes = new PendingChanges(() => this.#wake.set());
  readonly #dues = new DueTimer();
  readonly #runs: ActiveRuns;
  readonly #ender: RunEnder;
  /** Runs of which ready task instances were in somebody else's hands, who tells of them unless he gives up. */
  readonly #heldByOthers = new Set<number>();
  /** Scheduled task instances may be waiting for a free slot. */
  #backlog = true;

  constructor(options: RunEvaluatorOptions) {
    this.#options = options;
    const { db, log, onRunsEnded } = options;
    const onPaused = (dagId: string) => this.changed({ dagRunId: WHOLE_DAG, dagId });
    this.#runs = new ActiveRuns(db);
    this.#ender = new RunEnder({ db, log, runs: this.#runs, changes: this.#changes, onPaused, onRunsEnded });
  }

  /** Takes a `daisy_run` notification. */
  changed(change: RunChange): void {
    const { dagId, dagRunId } = change;
    this.#changes.add(change);
    if (dagRunId === WHOLE_DAG) this.#lookAtDag(dagId);
    else if (!this.#runs.has(dagRunId)) this.#changes.startRunsOf(dagId);
  }

  /** Looks again at what waits for slots, because more of it may start than before. */
  slotsMayBeFree(): void {
    this.#backlog = true;
    this.#wake.set();
  }

  /** Compares the mirrors with the tables, and looks for whatever waits without having been told. */
  async sweep(): Promise<void> {
    const summaries = await summarizeRunningRuns(this.#options.db);
    for (const { id, untouched, finished, succeeded } of summaries) {
      const mirror = this.#runs.get(id)?.summary;
      const isRight = mirror?.untouched === untouched && mirror.finished === finished && mirror.succeeded === succeeded;
      if (!isRight) this.#changes.reload(id);
    }
    const running = new Set(summaries.map((summary) => summary.id));
    for (const { dagRunId } of this.#runs) if (!running.has(dagRunId)) this.#changes.reload(dagRunId);
    for (const dagRunId of this.#heldByOthers) this.#changes.reload(dagRunId);
    this.#heldByOthers.clear();
    for (const dagId of this.#runs.dagsWaitingForPast) this.#changes.recheckPastOf(dagId);
    this.#lookEverywhere();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#runs.clear();
    for (const { id } of await summarizeRunningRuns(this.#options.db)) this.#changes.reload(id);
    this.#lookEverywhere();
    while (!signal.aborted) {
      await this.#wake.wait(this.#nextTimer(), signal);
      const gather = this.#gatherFor();
      if (gather > 0) await pauseFor(gather, signal);
      if (signal.aborted) return;
      await this.#round();
    }
  }

  /** Milliseconds that pass between the first news and the round that handles it. */
  #gatherFor(): number {
    const busy = Math.min(Math.floor(this.#runs.activeInstances / ACTIVE_PER_GATHERED_MS), LONGEST_GATHER_MS);
    return this.#backlog ? Math.max(GATHER_MS, busy) : busy;
  }

  #lookAtDag(dagId: string): void {
    for (const mirror of this.#runs) if (mirror.structure.dagId === dagId) this.#changes.reload(mirror.dagRunId);
    this.#changes.startRunsOf(dagId);
    this.#dues.outdate();
  }

  #lookEverywhere(): void {
    this.#backlog = true;
    this.#dues.outdate();
    this.#changes.startRunsOfAll();
  }

  /** Milliseconds until a task instance is due again or a run has taken too long. */
  #nextTimer(): number {
    let next = this.#dues.next;
    for (const { deadline } of this.#runs) if (deadline !== null) next = Math.min(next, deadline);
    return Math.max(0, next - performance.now());
  }

  async #round(): Promise<void> {
    const changes = this.#changes.take();
    await this.#startRuns(changes);
    this.#noteWaiting(changes);
    const affected = new Set(await this.#runs.follow(changes.runs));
    for (const mirror of this.#runs.recheckPast(changes.dags)) affected.add(mirror);
    await this.#ender.timeOut();
    await this.#advance([...affected]);
    await this.#dues.update(this.#options.db);
  }

  /** Starts runs that may start, and has them loaded in this round. */
  async #startRuns({ dagsToStart, runs }: Changes): Promise<void> {
    if (dagsToStart?.size === 0) return;
    for (const id of await startQueuedRuns(this.#options.db, dagsToStart && [...dagsToStart])) runs.set(id, null);
  }

  /** Task instances that wait are due some time; those that waited look for a slot. */
  #noteWaiting({ runs }: Changes): void {
    for (const changes of runs.values()) {
      for (const [, , state] of changes?.flatMap(({ tasks = [] }) => tasks) ?? []) {
        if (isWaiting(state)) this.#dues.outdate();
        // A trigger fired.
        if (state === "scheduled") this.#backlog = true;
      }
    }
  }

  async #advance(affected: readonly RunMirror[]): Promise<void> {
    const { ready, settled } = await this.#decide(affected);
    const busy = new Set(ready.map(({ dagRunId }) => dagRunId));
    this.#ender.clearOfSuspicion(busy);
    // What changes again in the meantime is looked at in the next round.
    const idle = affected.filter(({ dagRunId }) => !busy.has(dagRunId) && !this.#changes.concern(dagRunId));
    // What is settled comes first: what is ready may follow from it.
    const doubted = await this.#settle(settled);
    const isCertain = ({ dagRunId }: { dagRunId: number }) => !doubted.has(dagRunId);
    await this.#queue(ready.filter(isCertain));
    if (settled.length > 0) this.#tellLaterRuns(affected);
    await this.#ender.finish(idle.filter(isCertain));
  }

  #decide(affected: readonly RunMirror[]): Promise<Decisions> {
    const { db, log, checkPast = letAllGo } = this.#options;
    return decideRuns({ db, log, runs: this.#runs, changes: this.#changes, checkPast }, affected);
  }

  /** Gives instances the states that were decided; returns the runs that turn out not to be as their mirrors have them. */
  async #settle(settled: Decisions["settled"]): Promise<ReadonlySet<number>> {
    if (settled.length === 0 || (await settleTasks(this.#options.db, settled)) === settled.length) return new Set();
    for (const { dagRunId } of settled) this.#changes.reload(dagRunId);
    return new Set(settled.map(({ dagRunId }) => dagRunId));
  }

  /** Nobody else tells of what this scheduler settled, for which instances of later runs may wait. */
  #tellLaterRuns(mirrors: readonly RunMirror[]): void {
    for (const { structure } of mirrors) if (structure.dependsOnPast) this.#changes.recheckPastOf(structure.dagId);
  }

  /** Gives free slots to what is ready, to what has been waiting for one, and to what is due again. */
  async #queue(ready: readonly TaskOfRun[]): Promise<void> {
    const { isDue } = this.#dues;
    if (isDue) this.#dues.outdate();
    if (ready.length === 0 && !isDue && !this.#backlog) return;
    const { db, parallelism, servedQueues, dispatch } = this.#options;
    const { tasks, backlog } = await queueTasks(db, ready, parallelism(), servedQueues?.());
    this.#backlog = backlog;
    dispatch(tasks.filter((task) => task.ours && task.state === "queued"));
    for (const { dagRunId, taskId, mapIndex, state } of tasks) {
      if (state === null) this.#heldByOthers.add(dagRunId);
      this.#runs.get(dagRunId)?.settle(taskId, mapIndex, state);
    }
  }
}

/** Whether a task instance in this state may become due again by itself. */
function isWaiting(state: string | null): boolean {
  return state === "up_for_retry" || state === "up_for_reschedule" || state === "deferred";
}

const letAllGo: CheckPast = async (_, instances) => instances.map(() => true);
