import type { DagStructure } from "#core/dag-structure/dag-structure.ts";
import type { TaskInstanceState } from "#core/states/task-moves.ts";
import { countEnded, type UpstreamCounts } from "../trigger-rules.ts";
import type { StatesAbove } from "../unmet-trigger-rule.ts";
import type { AffectedInstances } from "./affected-instances.ts";
import type { Instance, RowState } from "./instance.ts";
import { type Counted, countMove, hasEnded, type MutableCounts, noCounts, withoutSurplus } from "./instance-counts.ts";

/**
 * The state of each task instance of a run, and for each task how many of the instances above it ended how. An
 * instance that changes touches only the sums of the tasks directly after it, however many instances these have;
 * inside a mapped group it concerns the instances of its own index.
 */
export class InstanceStates {
  readonly #structure: DagStructure;
  readonly #affected: AffectedInstances;
  /** By task, the state of map index i at i + 1. */
  readonly #rows: RowState[][];
  /** By task, how its own instances are. */
  readonly #own: MutableCounts[];
  /** By task, how those instances above it are that concern all its instances alike. */
  readonly #above: MutableCounts[];
  /** The same of setups that are not directly above it. */
  readonly #setupsAbove: MutableCounts[];
  /** Instances of tasks that are not in this version of the DAG. */
  readonly #foreign = noCounts();
  #untouched = 0;
  #unfinished = 0;
  #active = 0;

  /** @param affected hears which instances are to be looked at when another one changes */
  constructor(structure: DagStructure, affected: AffectedInstances) {
    this.#structure = structure;
    this.#affected = affected;
    this.#rows = structure.tasks.map(() => []);
    this.#own = structure.tasks.map(noCounts);
    this.#above = structure.tasks.map(noCounts);
    this.#setupsAbove = structure.tasks.map(noCounts);
  }

  /** How many instances nobody has scheduled yet, have ended, and succeeded. */
  get summary(): { untouched: number; finished: number; succeeded: number } {
    const all = [this.#foreign, ...this.#own];
    const sum = (of: (counts: UpstreamCounts) => number) => all.reduce((total, counts) => total + of(counts), 0);
    const foreignUntouched = this.#foreign.total - countEnded(this.#foreign);
    return {
      untouched: this.#untouched + foreignUntouched,
      finished: sum(countEnded),
      succeeded: sum((counts) => counts.success),
    };
  }

  /** How many of the DAG's instances nobody has scheduled yet. */
  get untouched(): number {
    return this.#untouched;
  }

  /** How many of the DAG's instances have not ended. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** How many of the DAG's instances are queued or running. */
  get active(): number {
    return this.#active;
  }

  /** An instance's state; undefined where there is none. */
  get(task: number, mapIndex = -1): RowState {
    return this.#rows[task]![mapIndex + 1];
  }

  /** A task's rows: the state of map index i at i + 1. */
  rowsOf(task: number): readonly RowState[] {
    return this.#rows[task]!;
  }

  /** How a task's own instances are. */
  countsOf(task: number): UpstreamCounts {
    return this.#own[task]!;
  }

  /** Whether all instances that a task has are finished. */
  isDone(task: number): boolean {
    const own = this.#own[task]!;
    return countEnded(own) >= own.total;
  }

  /** Notes an instance of a task that is not in this version of the DAG. */
  putForeign(state: TaskInstanceState): void {
    if (state === null || hasEnded(state)) countMove(this.#foreign, undefined, state, { isSetup: false, mapIndex: -1 });
  }

  /** Everything that follows from a row's being in a state, or (undefined) not being there. Returns whether it is news. */
  put(task: number, mapIndex: number, state: RowState): boolean {
    const rows = this.#rows[task]!;
    // An array without holes can be iterated as it is.
    while (rows.length < mapIndex + 1) rows.push(undefined);
    const before = rows[mapIndex + 1];
    if (before === state) return false;
    rows[mapIndex + 1] = state;
    const counted = { isSetup: this.#structure.tasks[task]!.isSetup, mapIndex };
    this.#countOwn(task, before, state, counted);
    if (state === null) this.#affected.add(task, mapIndex);
    const concerns = hasEnded(before) || hasEnded(state) || before === undefined || state === undefined;
    if (!concerns) return true;
    this.#tellBelow(this.#above, this.#structure.relatives, task, before, state, counted);
    this.#tellBelow(this.#setupsAbove, this.#structure.setupRelatives, task, before, state, counted);
    return true;
  }

  /** Whether what is above a task concerns all its instances alike, so that one judgement serves them all. */
  concernAllAlike(task: number): boolean {
    const { relatives, setupRelatives } = this.#structure;
    return (
      relatives.siblingsAbove[task]!.length === 0 &&
      setupRelatives.siblingsAbove[task]!.length === 0 &&
      this.#above[task]!.removed + this.#setupsAbove[task]!.removed === 0
    );
  }

  /** What an instance's trigger rule is judged by. */
  above({ task, mapIndex }: Instance): StatesAbove {
    const { relatives, setupRelatives, tasks } = this.#structure;
    const upstream = this.#countsFor(this.#above, relatives.siblingsAbove, task, mapIndex);
    // A teardown is directly after the setups that concern it.
    if (tasks[task]!.isTeardown) return { upstream, setups: noCounts() };
    return { upstream, setups: this.#countsFor(this.#setupsAbove, setupRelatives.siblingsAbove, task, mapIndex) };
  }

  #countsFor(
    shared: readonly MutableCounts[],
    siblingsAbove: readonly (readonly number[])[],
    task: number,
    mapIndex: number,
  ): UpstreamCounts {
    const siblings = siblingsAbove[task]!;
    const counts = siblings.length === 0 ? shared[task]! : { ...shared[task]! };
    for (const sibling of siblings) this.#countSibling(counts, sibling, mapIndex);
    return mapIndex < 0 ? withoutSurplus(counts) : counts;
  }

  /** Adds the instance of a task of the same mapped group that has the same index, or that stands for all of them. */
  #countSibling(counts: MutableCounts, sibling: number, mapIndex: number): void {
    const { isSetup } = this.#structure.tasks[sibling]!;
    const rows = this.#rows[sibling]!;
    const state = rows[mapIndex + 1] === undefined ? rows[0] : rows[mapIndex + 1];
    if (state !== undefined) countMove(counts, undefined, state, { isSetup, mapIndex });
    if (state !== undefined || mapIndex >= 0) return;
    rows.forEach((other, place) => {
      if (other !== undefined) countMove(counts, undefined, other, { isSetup, mapIndex: place - 1 });
    });
  }

  #countOwn(task: number, before: RowState, state: RowState, counted: Counted): void {
    countMove(this.#own[task]!, before, state, counted);
    if (before === null) this.#untouched -= 1;
    if (state === null) this.#untouched += 1;
    if (before !== undefined && !hasEnded(before)) this.#unfinished -= 1;
    if (state !== undefined && !hasEnded(state)) this.#unfinished += 1;
    if (isActive(before)) this.#active -= 1;
    if (isActive(state)) this.#active += 1;
  }

  #tellBelow(
    counts: readonly MutableCounts[],
    { below, siblingsBelow }: DagStructure["relatives"],
    task: number,
    before: RowState,
    state: RowState,
    counted: Counted,
  ): void {
    for (const other of below[task]!) {
      countMove(counts[other]!, before, state, counted);
      this.#affected.add(other, "all");
    }
    const { mapIndex } = counted;
    for (const sibling of siblingsBelow[task]!) this.#affected.add(sibling, mapIndex < 0 ? "all" : mapIndex);
  }
}

const isActive = (state: RowState) => state === "queued" || state === "running" || state === "restarting";
