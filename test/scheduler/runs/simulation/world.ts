import { type DagStructure, readDagStructure } from "#core/dag-structure/dag-structure.ts";
import { evaluateLength } from "#core/dag-structure/expansion.ts";
import { TASK_MOVES, type TaskInstanceState } from "#core/states/task-moves.ts";
import { isFinished } from "#sdk/states.ts";
import { plainDag } from "../plain-dag.ts";
import { hash } from "./random.ts";
import type { SimulatedDag } from "./random-dag.ts";

/** A task instance as the tables would have it, and what a test has to remember of it. */
export interface SimulatedRow {
  readonly task: number;
  mapIndex: number;
  state: TaskInstanceState;
  /** How often it was cleared: each time, its tries may come out differently. */
  generation: number;
  tries: number;
  /** How often it was started, and how often it may have been by now. */
  starts: number;
  licences: number;
  /** How many items it pushed; null: nothing. */
  pushed: number | null;
  /** What it decided to skip when it last succeeded. */
  skipped: readonly number[];
  /** Since it was last cleared, whether it was started, got its state by hand, was stopped, or was left over by a map. */
  hasRun: boolean;
  isMarked: boolean;
  isStopped: boolean;
  isSurplus: boolean;
  /** When it ended, in steps of the simulation. */
  endedAt: number;
}

/** What the database, the workers and the users of a run do, in memory: every state change is an allowed move. */
export class World {
  readonly dag: SimulatedDag;
  readonly structure: DagStructure;
  readonly seed: number;
  /** By task. */
  readonly rows: SimulatedRow[][];
  runState: "running" | "success" | "failed" = "running";
  runStartedAt = 0;
  now = 0;

  constructor(dag: SimulatedDag, seed: number) {
    this.dag = dag;
    this.seed = seed;
    this.structure = readDagStructure(plainDag(dag));
    this.rows = this.structure.tasks.map((_, task) => [newRow(task, -1)]);
  }

  get all(): SimulatedRow[] {
    return this.rows.flat();
  }

  find(task: number, mapIndex: number): SimulatedRow | undefined {
    return this.rows[task]!.find((row) => row.mapIndex === mapIndex);
  }

  move(row: SimulatedRow, to: TaskInstanceState): void {
    if (!TASK_MOVES.get(row.state)!.includes(to))
      throw new Error(`${this.nameOf(row)} moved from ${row.state} to ${to}`);
    row.state = to;
    if (to !== null && isFinished(to)) row.endedAt = this.now;
  }

  nameOf({ task, mapIndex }: { readonly task: number; readonly mapIndex: number }): string {
    return `${this.structure.tasks[task]!.taskId}${mapIndex < 0 ? "" : `[${mapIndex}]`}`;
  }

  /** What a worker does next for a row; true when the scheduler is to hear of it. */
  work(row: SimulatedRow): boolean {
    if (row.state === "queued") this.#start(row);
    else if (row.state === "running") this.#end(row);
    else if (row.state === "restarting") this.#stop(row);
    else return false;
    return row.state !== "running";
  }

  #start(row: SimulatedRow): void {
    this.move(row, "running");
    row.starts += 1;
    row.tries += 1;
    row.hasRun = true;
    row.pushed = null;
    row.skipped = [];
    if (row.starts > row.licences) throw new Error(`${this.nameOf(row)} ran again without a retry`);
  }

  #end(row: SimulatedRow): void {
    if (row.tries <= this.failuresOf(row)) {
      if (row.tries <= this.dag.retries) {
        this.move(row, "up_for_retry");
        row.licences += 1;
        return;
      }
      this.move(row, "failed");
      return;
    }
    const outcome = this.outcomeOf(row);
    this.move(row, outcome);
    if (outcome === "success") this.#succeed(row);
  }

  #succeed(row: SimulatedRow): void {
    row.pushed = this.resultOf(row);
    const decided = this.dag.deciders.get(this.structure.tasks[row.task]!.taskId) ?? [];
    row.skipped = decided.map((id) => this.structure.indexOf.get(id)!);
    for (const other of row.skipped.flatMap((task) => this.rows[task]!)) {
      const concerns = row.mapIndex < 0 || other.mapIndex === row.mapIndex;
      if (concerns && (other.state === null || other.state === "scheduled")) this.move(other, "skipped");
    }
  }

  /** A cleared task was killed, and waits anew for what is above it. */
  #stop(row: SimulatedRow): void {
    this.move(row, null);
    this.#renew(row);
  }

  #renew(row: SimulatedRow): void {
    row.generation += 1;
    row.tries = 0;
    row.licences = row.starts + 1;
    row.hasRun = false;
    row.isMarked = false;
    row.isStopped = false;
  }

  /** How many of its tries fail, whatever happens; more than its retries: it fails. */
  failuresOf({ task, mapIndex, generation }: SimulatedRow): number {
    const draw = hash(this.seed, 1, task, mapIndex, generation);
    if (draw < 0.75) return 0;
    return draw < 0.85 ? 1 : 9;
  }

  outcomeOf({ task, mapIndex, generation }: SimulatedRow): "success" | "skipped" {
    return hash(this.seed, 2, task, mapIndex, generation) < 0.85 ? "success" : "skipped";
  }

  /** The length of what it returns; null: it returns nothing. */
  resultOf({ task, mapIndex, generation }: SimulatedRow): number | null {
    const draw = Math.floor(hash(this.seed, 3, task, mapIndex, generation) * 5);
    return draw === 4 ? null : draw;
  }

  /** How a row ends that runs without anybody's interfering. */
  finalOutcomeOf(row: SimulatedRow): "success" | "skipped" | "failed" {
    return this.failuresOf(row) > this.dag.retries ? "failed" : this.outcomeOf(row);
  }

  /** The length of an expansion by what was pushed. */
  lengthOf(expansion: number): number | null {
    return evaluateLength(this.structure.expansions[expansion]!.length, ({ task }) => {
      const mapped = this.structure.tasks[task]!.expansion !== null;
      if (!mapped) return this.find(task, -1)!.pushed;
      return this.rows[task]!.filter((row) => row.mapIndex >= 0 && row.pushed !== null).length;
    });
  }

  /** What `expand_tasks` does, for one task. */
  expand(task: number, length: number | null): void {
    const rows = this.rows[task]!;
    const single = this.find(task, -1);
    const isMapped = rows.some(({ mapIndex }) => mapIndex >= 0);
    if (single !== undefined && single.state !== null && !isMapped) return;
    const items = length ?? 0;
    if (items === 0) this.#endUnexpanded(task, length === null ? "upstream_failed" : "skipped");
    else if (single !== undefined && isMapped) rows.splice(rows.indexOf(single), 1);
    else if (single !== undefined) single.mapIndex = 0;
    for (let index = 0; index < items; index++) {
      const row = this.find(task, index);
      if (row === undefined) rows.push(newRow(task, index));
      else if (row.state === "removed") this.#takeUp(row);
    }
    for (const row of rows) if (row.mapIndex >= items) this.#remove(row);
  }

  #endUnexpanded(task: number, state: "upstream_failed" | "skipped"): void {
    const single = this.find(task, -1);
    const row = single ?? newRow(task, -1);
    if (single === undefined) this.rows[task]!.push(row);
    if (row.state === null) this.move(row, state);
  }

  #takeUp(row: SimulatedRow): void {
    this.move(row, null);
    this.#renew(row);
    row.isSurplus = false;
  }

  #remove(row: SimulatedRow): void {
    if (row.state !== "removed") this.move(row, "removed");
    row.isSurplus = true;
    row.pushed = null;
  }

  /** What `stopRemainingTasks` does. */
  stopRemaining(spared: ReadonlySet<number>): void {
    for (const row of this.all) {
      if (spared.has(row.task) || (row.state !== null && isFinished(row.state))) continue;
      this.move(row, row.state === "running" ? "failed" : "skipped");
      row.isStopped = true;
    }
  }

  /** Clears a task with everything below it, and has the run go on. */
  clear(task: number): void {
    for (const other of [task, ...this.below(task)]) for (const row of this.rows[other]!) this.#clearRow(row);
    this.#resume();
  }

  #clearRow(row: SimulatedRow): void {
    if (row.state === "removed" || row.state === "restarting" || row.state === null) return;
    if (row.state === "running") this.move(row, "restarting");
    else {
      this.move(row, null);
      this.#renew(row);
    }
  }

  /** Gives a row its state by hand, and clears what is below it. */
  mark(row: SimulatedRow, state: "success" | "failed"): void {
    if (row.state === state || !TASK_MOVES.get(row.state)!.includes(state)) return;
    this.move(row, state);
    row.isMarked = true;
    for (const other of this.below(row.task)) for (const below of this.rows[other]!) this.#clearRow(below);
    this.#resume();
  }

  #resume(): void {
    if (this.runState === "running") return;
    this.runState = "running";
    this.runStartedAt = this.now;
  }

  /** All tasks below one. */
  below(task: number): number[] {
    const found = new Set<number>();
    const visit = (from: number) => {
      for (const next of this.structure.downstream[from]!) {
        if (found.has(next)) continue;
        found.add(next);
        visit(next);
      }
    };
    visit(task);
    return [...found];
  }
}

function newRow(task: number, mapIndex: number): SimulatedRow {
  return {
    task,
    mapIndex,
    state: null,
    generation: 0,
    tries: 0,
    starts: 0,
    licences: 1,
    pushed: null,
    skipped: [],
    hasRun: false,
    isMarked: false,
    isStopped: false,
    isSurplus: false,
    endedAt: -1,
  };
}
