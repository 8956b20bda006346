import type { DagStructure } from "#core/dag-structure/dag-structure.ts";
import type { TaskInstanceState } from "#core/states/task-moves.ts";
import { isFinished } from "#sdk/states.ts";
import { judge, type UpstreamCounts, type Verdict } from "../trigger-rules.ts";

/** What is to be done for a run, by task number. */
export interface Evaluation {
  /** Tasks that may run now. */
  readonly ready: readonly number[];
  /** Tasks that will not run, with the state they take. */
  readonly settled: readonly (readonly [task: number, state: "skipped" | "upstream_failed"])[];
}

type FinishedState = Exclude<keyof UpstreamCounts, "total">;
type MutableCounts = { -readonly [K in keyof UpstreamCounts]: number };

/**
 * The scheduler's picture of one running run: each task's state, and for each task how many of its direct upstream
 * tasks ended how. It costs what changes: a task that ends touches only the tasks directly after it.
 * The tables are the truth. Whoever finds that the picture may be wrong throws it away and loads it again.
 */
export class RunMirror {
  readonly dagRunId: number;
  readonly structure: DagStructure;
  readonly isPaused: boolean;
  /** By `performance.now()`: when dagrun_timeout is over. */
  readonly deadline: number | null;
  readonly #states: TaskInstanceState[];
  readonly #upstream: MutableCounts[];
  /**
   * Tasks that were decided against before this picture was loaded: one that is cleared alone is skipped again. What
   * is decided later comes with the states, and a decider that runs again leads to a new picture.
   */
  readonly #passedOver: ReadonlySet<string>;
  #unfinished: number;
  #untouched: number;
  /** Tasks to look at: nobody has scheduled them, and something above them changed. */
  readonly #affected: Set<number>;

  constructor(
    run: { dagRunId: number; isPaused: boolean; deadline: number | null },
    structure: DagStructure,
    states: ReadonlyMap<string, TaskInstanceState>,
    passedOver: ReadonlySet<string> = new Set(),
  ) {
    this.#passedOver = passedOver;
    this.dagRunId = run.dagRunId;
    this.isPaused = run.isPaused;
    this.deadline = run.deadline;
    this.structure = structure;
    this.#states = structure.tasks.map(() => null);
    this.#upstream = structure.upstream.map((tasks) => ({
      total: tasks.length,
      success: 0,
      failed: 0,
      upstream_failed: 0,
      skipped: 0,
      removed: 0,
    }));
    this.#unfinished = structure.tasks.length;
    this.#untouched = structure.tasks.length;
    this.#affected = new Set();
    structure.tasks.forEach(({ taskId }, task) => {
      // A task without a row is none of this run's.
      this.#set(task, states.has(taskId) ? states.get(taskId)! : "removed");
    });
    for (const [task, state] of this.#states.entries()) if (state === null) this.#affected.add(task);
  }

  /** How many tasks nobody has scheduled yet, and how many have ended: enough to notice a wrong picture. */
  get summary(): { untouched: number; finished: number } {
    return { untouched: this.#untouched, finished: this.#states.length - this.#unfinished };
  }

  stateOf(task: number): TaskInstanceState {
    return this.#states[task]!;
  }

  /**
   * Takes a change over from the tables. Returns false when it does not fit the picture, as when a task ends that
   * was never queued, or one that ended starts anew: the picture is to be loaded again. A task that another one
   * decided to skip fits.
   */
  follow(taskId: string, mapIndex: number, state: TaskInstanceState): boolean {
    const task = this.structure.indexOf.get(taskId);
    if (task === undefined || mapIndex !== -1) return false;
    const before = this.#states[task]!;
    if (before === state) return true;
    if (state === null || isFinished(before)) return false;
    if (before === null && state !== "skipped") return false;
    this.#set(task, state);
    return true;
  }

  /** Takes over the state that a statement of this scheduler has found or given. */
  settle(taskId: string, state: TaskInstanceState): void {
    const task = this.structure.indexOf.get(taskId);
    if (task !== undefined) this.#set(task, state);
  }

  /**
   * Judges the affected tasks by their trigger rules, and what follows from that for the tasks below. The settled
   * ones count as done in this picture; the ready ones keep their state until it is known what became of them.
   */
  evaluate(): Evaluation {
    const ready = new Set<number>();
    const settled: [number, "skipped" | "upstream_failed"][] = [];
    if (this.isPaused) return { ready: [], settled };
    // What is added to a set while it is iterated is visited too, so one pass follows a cascade to its end; a task
    // is taken out first, because it may have to be judged again.
    for (const task of this.#affected) {
      this.#affected.delete(task);
      if (this.#states[task] !== null) continue;
      const verdict = this.#judge(task);
      if (verdict === "run") ready.add(task);
      if (verdict === "skipped" || verdict === "upstream_failed") {
        settled.push([task, verdict]);
        this.#set(task, verdict);
      }
    }
    return { ready: [...ready], settled };
  }

  #judge(task: number): Verdict {
    const { taskId, triggerRule } = this.structure.tasks[task]!;
    const verdict = judge(triggerRule, this.#upstream[task]!);
    return verdict === "run" && this.#passedOver.has(taskId) ? "skipped" : verdict;
  }

  /** How the run ends, judged by its leaves; null while a task is unfinished. */
  get end(): "success" | "failed" | null {
    if (this.#unfinished > 0) return null;
    const failed = this.structure.leaves.some((leaf) => {
      const state = this.#states[leaf];
      return state === "failed" || state === "upstream_failed";
    });
    return failed ? "failed" : "success";
  }

  /** Whether tasks are left but none is on its way; when nothing is ready or affected either, none ever will be. */
  get isStuck(): boolean {
    return this.#unfinished > 0 && this.#untouched === this.#unfinished && !this.isPaused;
  }

  #set(task: number, state: TaskInstanceState): void {
    const before = this.#states[task]!;
    if (before === state) return;
    this.#states[task] = state;
    if (before === null) this.#untouched -= 1;
    if (state === null) this.#untouched += 1;
    if (isFinished(before)) this.#unfinished += 1;
    if (isFinished(state)) this.#unfinished -= 1;
    for (const below of this.structure.downstream[task]!) {
      const counts = this.#upstream[below]!;
      if (isFinished(before)) counts[before as FinishedState] -= 1;
      if (isFinished(state)) {
        counts[state as FinishedState] += 1;
        this.#affected.add(below);
      }
    }
  }
}
