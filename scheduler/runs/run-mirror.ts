import type { DagStructure } from "#core/dag-structure/dag-structure.ts";
import type { TaskInstanceState } from "#core/states/task-moves.ts";
import type { StatesAbove } from "../unmet-trigger-rule.ts";
import { AffectedInstances } from "./affected-instances.ts";
import { FailFast } from "./fail-fast.ts";
import type { Instance, Row, RowState } from "./instance.ts";
import { hasEnded } from "./instance-counts.ts";
import { InstanceStates } from "./instance-states.ts";
import { type Judgements, judgeInstances } from "./judge-instances.ts";
import { MapExpansions } from "./map-expansions.ts";
import { PassedOverTasks } from "./passed-over-tasks.ts";
import { endOf, isStuck } from "./run-end.ts";

/** What is to be done for a run. */
export interface Evaluation extends Judgements {
  /** In a DAG that fails fast, tasks that failed while others are left: those others are to be stopped. */
  readonly stopFor: readonly number[];
}

/** A run as it was read from the tables. */
export interface MirroredRun {
  readonly dagRunId: number;
  readonly runId: string;
  /** Whether its DAG is paused: what ends there is judged, and nothing is started. */
  readonly isPaused: boolean;
  /** Whether its DAG's file is gone: nothing is judged. */
  readonly isStale: boolean;
  /** By `performance.now()`: when dagrun_timeout is over. */
  readonly deadline: number | null;
  readonly rows: Iterable<Row>;
  /** Tasks that were decided against, with the map index of the instance that decided. @default none */
  readonly passedOver?: readonly (readonly [taskId: string, mapIndex: number])[];
  /** Tasks with an instance that failed since the run started. @default none */
  readonly failedTasks?: readonly string[];
}

/**
 * The scheduler's picture of one running run: what its instances' states are, and which of them are to be looked at
 * because something above them changed. It costs what changes. The tables are the truth: whoever finds that the picture
 * may be wrong throws it away and loads it again.
 */
export class RunMirror {
  readonly dagRunId: number;
  readonly runId: string;
  readonly structure: DagStructure;
  readonly isPaused: boolean;
  readonly isStale: boolean;
  readonly deadline: number | null;
  readonly #affected = new AffectedInstances();
  readonly #states: InstanceStates;
  readonly #maps: MapExpansions;
  readonly #passedOver = new PassedOverTasks();
  readonly #failFast: FailFast;

  constructor(run: MirroredRun, structure: DagStructure) {
    this.dagRunId = run.dagRunId;
    this.runId = run.runId;
    this.isPaused = run.isPaused;
    this.isStale = run.isStale;
    this.deadline = run.deadline;
    this.structure = structure;
    this.#states = new InstanceStates(structure, this.#affected);
    this.#maps = new MapExpansions(structure, this.#states);
    this.#failFast = new FailFast(structure);
    this.#load(run);
  }

  #load({ rows, passedOver = [], failedTasks = [] }: MirroredRun): void {
    const { indexOf } = this.structure;
    for (const [taskId, mapIndex, state] of rows) {
      const task = indexOf.get(taskId);
      if (task === undefined) this.#states.putForeign(state);
      else this.#put(task, mapIndex, state);
    }
    for (const [taskId, mapIndex] of passedOver) {
      const task = indexOf.get(taskId);
      if (task !== undefined) this.#passedOver.add(task, mapIndex);
    }
    // What failed before the run started anew is no reason to stop anything now.
    for (const taskId of failedTasks) {
      const task = indexOf.get(taskId);
      if (task !== undefined) this.#failFast.noteFailure(task);
    }
  }

  /** How many instances nobody has scheduled yet, have ended, and succeeded: enough to notice a wrong picture. */
  get summary(): { untouched: number; finished: number; succeeded: number } {
    return this.#states.summary;
  }

  /** How many instances are queued or running. */
  get active(): number {
    return this.#states.active;
  }

  /** An instance's state; undefined where there is none. */
  stateOf(task: number, mapIndex = -1): RowState {
    return this.#states.get(task, mapIndex);
  }

  /** The map indexes of a task's instances; -1 alone until it is expanded. */
  indexesOf(task: number): number[] {
    return this.#states.rowsOf(task).flatMap((state, place) => (state === undefined ? [] : [place - 1]));
  }

  /** What an instance's trigger rule is judged by. */
  explain(instance: Instance): StatesAbove {
    return this.#states.above(instance);
  }

  /**
   * Takes a change over from the tables. Returns false when it does not fit the picture, as when a task ends that
   * was never queued, or one that ended starts anew: the picture is to be loaded again. A task that another one
   * decided to skip fits.
   */
  follow(taskId: string, mapIndex: number, state: TaskInstanceState): boolean {
    const task = this.structure.indexOf.get(taskId);
    if (task === undefined) return false;
    const before = this.stateOf(task, mapIndex);
    if (before === undefined) return false;
    if (before === state) return true;
    if (state === null || hasEnded(before)) return false;
    if (before === null && state !== "skipped") return false;
    this.#change(task, mapIndex, state);
    return true;
  }

  /** Takes over the state that a statement of this scheduler has found or given. */
  settle(taskId: string, mapIndex: number, state: TaskInstanceState): void {
    const task = this.structure.indexOf.get(taskId);
    if (task !== undefined && this.stateOf(task, mapIndex) !== undefined) this.#change(task, mapIndex, state);
  }

  /** Takes over all rows of the tasks of an expansion, as they are after it was expanded. */
  expand(expansion: number, rows: Iterable<Row>): void {
    this.#maps.noteExpanded(expansion);
    const fresh = new Map(this.structure.expansions[expansion]!.tasks.map((task) => [task, [] as RowState[]]));
    for (const [taskId, mapIndex, state] of rows) fresh.get(this.structure.indexOf.get(taskId)!)![mapIndex + 1] = state;
    for (const [task, states] of fresh) {
      const places = Math.max(states.length, this.#states.rowsOf(task).length);
      for (let place = 0; place < places; place++) this.#change(task, place - 1, states[place]);
      this.#affected.add(task, "all");
    }
  }

  /** Keeps an instance back until `recheckHeld`: it depends on an earlier run. */
  hold(instance: Instance): void {
    this.#affected.hold(instance);
  }

  /** Has the instances that were held back judged again. */
  recheckHeld(): void {
    this.#affected.recheckHeld();
  }

  /**
   * Judges what is affected; what is settled thereby counts as done in this picture. While the DAG is paused, what may run
   * is left out, and found again when the run is loaded after the pause.
   */
  evaluate(): Evaluation {
    const nothing = { ready: [], settled: [], gated: [], expansions: [] };
    const stopFor = this.isStale ? [] : this.#failFast.failuresToStopFor(this.#states);
    if (this.isStale || stopFor.length > 0) return { ...nothing, stopFor };
    const judgements = judgeInstances({
      isPaused: this.isPaused,
      structure: this.structure,
      states: this.#states,
      affected: this.#affected,
      maps: this.#maps,
      passedOver: this.#passedOver,
      settle: ({ task, mapIndex }, state) => this.#put(task, mapIndex, state),
    });
    return this.isPaused ? { ...nothing, settled: judgements.settled, stopFor } : { ...judgements, stopFor };
  }

  /** How the run ends; null while an instance is unfinished. */
  get end(): "success" | "failed" | null {
    return endOf(this.structure, this.#states);
  }

  /** Whether instances are left, though nothing can happen any more. */
  get isStuck(): boolean {
    return !this.isPaused && !this.isStale && isStuck(this.structure, this.#states);
  }

  #change(task: number, mapIndex: number, state: RowState): void {
    const isNews = this.#put(task, mapIndex, state);
    if (isNews && state === "failed") this.#failFast.noteFailure(task);
  }

  /** Returns whether the state is news. */
  #put(task: number, mapIndex: number, state: RowState): boolean {
    if (!this.#states.put(task, mapIndex, state)) return false;
    for (const mapped of this.#maps.givenBy(task)) this.#affected.add(mapped, "all");
    return true;
  }
}
