import type { RunCallback } from "#core/database/callback-requests.ts";
import type { Database, Queryable } from "#core/database/connect.ts";
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
import { nextDueIn, queueTasks, settleTasks, type TaskOfRun } from "#core/database/ready-tasks.ts";
import { stopRemainingTasks } from "#core/database/stop-remaining-tasks.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import type { TaskInstanceState } from "#core/states/task-moves.ts";
import { Wake } from "#core/wake.ts";
import { type DueExpansion, expandRuns } from "./expand-runs.ts";
import { type Evaluation, type Instance, RunMirror, type UnrunState } from "./run-mirror.ts";

export interface RunEvaluatorOptions {
  readonly db: Database;
  readonly log: Log;
  /** Task instances that may be queued or running at once, for all schedulers together. */
  readonly parallelism: () => number;
  /** Takes the tries that were queued; must not wait. */
  readonly dispatch: (tries: readonly { id: string; queue: string; priority: number }[]) => void;
  /** Called when runs ended, with their DAGs: the next ones may be due. */
  readonly onRunsEnded: () => void;
  /** Says which task instances may go although they depend on earlier runs. @default all */
  readonly checkPast?: CheckPast;
}

/** A task instance that its upstream lets go, and that depends on its task's instances of earlier runs. */
export interface GatedInstance extends Instance {
  readonly mirror: RunMirror;
  /** What is to become of it. */
  readonly verdict: "run" | "skipped";
}

/**
 * For each instance, in the order given, whether earlier runs let it go. Asked once for all that a round found, and
 * again for those held back when an instance of the DAG has ended in any run.
 */
export type CheckPast = (db: Queryable, instances: readonly GatedInstance[]) => Promise<readonly boolean[]>;

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
  /** Runs with instances that wait for earlier runs. */
  readonly #waitingForPast = new Set<RunMirror>();
  /** DAGs in which something has changed since the last round. */
  #changedDags = new Set<string>();

  constructor(options: RunEvaluatorOptions) {
    this.#options = options;
  }

  /** Takes a `daisy_run` notification. */
  changed(change: RunChange): void {
    this.#changedDags.add(change.dagId);
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
    for (const { id, untouched, finished, succeeded } of summaries) {
      const mirror = this.#mirrors.get(id)?.summary;
      const isRight = mirror?.untouched === untouched && mirror.finished === finished && mirror.succeeded === succeeded;
      if (!isRight) this.#reload(id);
    }
    const running = new Set(summaries.map((summary) => summary.id));
    for (const id of this.#mirrors.keys()) if (!running.has(id)) this.#reload(id);
    for (const { structure } of this.#waitingForPast) this.#changedDags.add(structure.dagId);
    this.#lookEverywhere();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#mirrors.clear();
    this.#waitingForPast.clear();
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
    return [...new Set([...affected, ...this.#recheckPast()])];
  }

  /** The runs with instances that waited for earlier runs in which something may have changed. */
  #recheckPast(): RunMirror[] {
    const dags = this.#changedDags;
    this.#changedDags = new Set();
    const concerned = [...this.#waitingForPast].filter(({ structure }) => dags.has(structure.dagId));
    for (const mirror of concerned) {
      this.#waitingForPast.delete(mirror);
      mirror.recheckHeld();
    }
    return concerned.filter((mirror) => this.#mirrors.get(mirror.dagRunId) === mirror);
  }

  async #load(ids: readonly number[]): Promise<RunMirror[]> {
    const { db } = this.#options;
    for (const id of ids) this.#mirrors.delete(id);
    const loaded: RunMirror[] = [];
    for (const run of await loadActiveRuns(db, ids)) {
      const structure = await this.#structures.load(db, run.dagVersionId);
      const mirror = new RunMirror(
        { ...run, dagRunId: run.id, deadline: deadlineOf(run, structure.dagrunTimeout) },
        structure,
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
    const runs = late.map((mirror) => ({
      id: mirror.dagRunId,
      timeoutSeconds: mirror.structure.dagrunTimeout!,
      callback: callbackOf(mirror, "failed", "timed_out"),
    }));
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
    const { ready, settled, idle } = await this.#decide(affected);
    const isDue = this.#nextDue <= performance.now();
    if (isDue) this.#duesChanged = true;
    // What is settled comes first: what is ready may follow from it.
    const doubted = await this.#settle(settled);
    const certain = doubted.size === 0 ? ready : ready.filter(({ dagRunId }) => !doubted.has(dagRunId));
    if (certain.length > 0 || isDue || this.#backlog) await this.#queue(certain);
    if (settled.length > 0) this.#tellLaterRuns(affected);
    await this.#finish(idle.filter(({ dagRunId }) => !doubted.has(dagRunId)));
  }

  /** Gives instances the states that were decided; returns the runs that turn out not to be as their mirrors have them. */
  async #settle(settled: Decisions["settled"]): Promise<ReadonlySet<number>> {
    if (settled.length === 0 || (await settleTasks(this.#options.db, settled)) === settled.length) return new Set();
    for (const { dagRunId } of settled) this.#reload(dagRunId);
    return new Set(settled.map(({ dagRunId }) => dagRunId));
  }

  /** Nobody else tells of what this scheduler settled, for which instances of later runs may wait. */
  #tellLaterRuns(mirrors: readonly RunMirror[]): void {
    for (const { structure } of mirrors) {
      if (!structure.dependsOnPast) continue;
      this.#changedDags.add(structure.dagId);
      this.#wake.set();
    }
  }

  /**
   * Evaluates runs to the end: mapped tasks whose length is known get their rows and are judged in the same round, and
   * so is what follows from instances that earlier runs let be skipped.
   */
  async #decide(affected: readonly RunMirror[]): Promise<Decisions> {
    const decisions: Decisions = { ready: [], settled: [], idle: [] };
    let isRepeated = false;
    for (let left = affected; left.length > 0; ) {
      const evaluations = left.map((mirror) => ({ mirror, ...mirror.evaluate() }));
      for (const evaluation of evaluations) this.#collect(evaluation, decisions);
      const due = evaluations.flatMap(({ mirror, expansions }) =>
        expansions.map((expansion): DueExpansion => ({ mirror, expansion })),
      );
      if (due.length > 0) await expandRuns(this.#options.db, due);
      const gated = evaluations.flatMap(({ mirror, gated }) => gated.map((instance) => ({ mirror, ...instance })));
      const skipped = await this.#passGate(gated, decisions);
      await this.#stopOthers(evaluations);
      left = [...new Set([...due.map(({ mirror }) => mirror), ...skipped])];
      // What was ready before the rows were made may have been found again.
      if (left.length > 0) isRepeated = true;
    }
    if (isRepeated) decisions.ready = withoutRepeats(decisions.ready);
    const busy = new Set(decisions.ready.map(({ dagRunId }) => dagRunId));
    for (const dagRunId of busy) this.#suspects.delete(dagRunId);
    decisions.idle.push(...affected.filter(({ dagRunId }) => !busy.has(dagRunId) && !this.#changes.has(dagRunId)));
    return decisions;
  }

  #collect({ mirror, ready, settled }: Evaluation & { mirror: RunMirror }, decisions: Decisions): void {
    for (const instance of ready) decisions.ready.push(nameOf(mirror, instance));
    for (const instance of settled) decisions.settled.push({ ...nameOf(mirror, instance), state: instance.state });
  }

  /**
   * The one place where an instance that its upstream lets go may be held back. Returns the runs in which one was
   * skipped, which what is below it has to hear.
   */
  async #passGate(gated: readonly GatedInstance[], decisions: Decisions): Promise<RunMirror[]> {
    if (gated.length === 0) return [];
    const { db, checkPast = letAllGo } = this.#options;
    const mayGo = await checkPast(db, gated);
    const skipped: RunMirror[] = [];
    gated.forEach((instance, place) => {
      const { mirror, verdict } = instance;
      const name = nameOf(mirror, instance);
      if (!mayGo[place]) {
        mirror.hold(instance);
        this.#waitingForPast.add(mirror);
      } else if (verdict === "run") decisions.ready.push(name);
      else {
        mirror.settle(name.taskId, name.mapIndex, verdict);
        decisions.settled.push({ ...name, state: verdict });
        skipped.push(mirror);
      }
    });
    return skipped;
  }

  /** Stops what is left of runs that fail fast. */
  async #stopOthers(evaluations: readonly (Evaluation & { mirror: RunMirror })[]): Promise<void> {
    const failed = evaluations.filter(({ stopFor }) => stopFor.length > 0);
    if (failed.length === 0) return;
    const runs = failed.map(({ mirror: { dagRunId, structure }, stopFor }) => {
      const isSpared = (task: number) => structure.tasks[task]!.isTeardown || stopFor.includes(task);
      return { dagRunId, spared: structure.tasks.flatMap(({ taskId }, task) => (isSpared(task) ? [taskId] : [])) };
    });
    await stopRemainingTasks(this.#options.db, runs);
    for (const { mirror, stopFor } of failed) {
      const tasks = stopFor.map((task) => mirror.structure.tasks[task]!.taskId).join(", ");
      this.#options.log.info(`Stopping all tasks of ${describe(mirror)}, which fails fast, because of ${tasks}`);
      this.#reload(mirror.dagRunId);
    }
  }

  async #queue(ready: readonly TaskOfRun[]): Promise<void> {
    const { db, parallelism, dispatch } = this.#options;
    const { tasks, backlog } = await queueTasks(db, ready, parallelism());
    this.#backlog = backlog;
    dispatch(tasks.filter((task) => task.ours && task.state === "queued"));
    for (const { dagRunId, taskId, mapIndex, state } of tasks) {
      this.#mirrors.get(dagRunId)?.settle(taskId, mapIndex, state);
    }
  }

  async #finish(mirrors: readonly RunMirror[]): Promise<void> {
    const ends = mirrors.flatMap((mirror) => {
      const { end, isStuck } = mirror;
      if (end !== null) {
        const callback = callbackOf(mirror, end, end === "failed" ? "task_failure" : "success");
        return [{ mirror, id: mirror.dagRunId, state: end, stuck: false, callback }];
      }
      if (!isStuck) return [];
      if (this.#suspects.has(mirror.dagRunId)) {
        const callback = callbackOf(mirror, "failed", "all_tasks_deadlocked");
        return [{ mirror, id: mirror.dagRunId, state: "failed" as const, stuck: true, callback }];
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

/** What a run's end calls for, with Airflow's word for why it ends so; null when the DAG has no callback for it. */
function callbackOf({ structure }: RunMirror, state: "success" | "failed", reason: string): RunCallback | null {
  const event = state === "success" ? "success" : "failure";
  return structure.callbacks[event] ? { event, reason } : null;
}

function describe(mirror: RunMirror): string {
  return `run ${mirror.runId} of ${mirror.structure.dagId}`;
}

/** What a round found to be done. */
interface Decisions {
  ready: TaskOfRun[];
  readonly settled: (TaskOfRun & { readonly state: UnrunState })[];
  /** Runs in which nothing became ready: they may have ended. */
  readonly idle: RunMirror[];
}

function nameOf({ dagRunId, structure }: RunMirror, { task, mapIndex }: Instance): TaskOfRun {
  return { dagRunId, taskId: structure.tasks[task]!.taskId, mapIndex };
}

function withoutRepeats(tasks: readonly TaskOfRun[]): TaskOfRun[] {
  return [...new Map(tasks.map((task) => [`${task.dagRunId} ${task.taskId} ${task.mapIndex}`, task])).values()];
}

const letAllGo: CheckPast = async (_, instances) => instances.map(() => true);
