import type { DagStructure } from "#core/dag-structure/dag-structure.ts";
import type { Expansion } from "#core/dag-structure/expansion.ts";
import type { TaskInstanceState } from "#core/states/task-moves.ts";
import { judgeWithSetups, type SettledState, type UpstreamCounts, type Verdict } from "../trigger-rules.ts";
import type { StatesAbove } from "../unmet-trigger-rule.ts";
import {
  type Counted,
  countMove,
  hasEnded,
  type MutableCounts,
  noCounts,
  type RowState,
  withoutSurplus,
} from "./instance-counts.ts";

/** A task instance by its task's number; the map index is -1 for one that is not mapped or not yet expanded. */
export interface Instance {
  readonly task: number;
  readonly mapIndex: number;
}

/** What an instance becomes without being run: what its trigger rule says, or the success of an empty task. */
export type UnrunState = SettledState | "success";

/** What is to be done for a run. */
export interface Evaluation {
  /** Instances that may run now. */
  readonly ready: readonly Instance[];
  /** Instances that are not run, with the state they take. */
  readonly settled: readonly (Instance & { readonly state: UnrunState })[];
  /** Instances that their upstream lets go one way or the other, if what they depend on in earlier runs does too. */
  readonly gated: readonly (Instance & { readonly verdict: "run" | "skipped" })[];
  /** Expansions, by number, whose length is known now: their rows come next. */
  readonly expansions: readonly number[];
  /** In a DAG that fails fast, tasks that failed while others are left: those others are to be stopped. */
  readonly stopFor: readonly number[];
}

/** A task instance's row as the tables have it. */
export type Row = readonly [taskId: string, mapIndex: number, state: TaskInstanceState];

/** A run as it was read from the tables. */
export interface MirroredRun {
  readonly dagRunId: number;
  readonly runId: string;
  readonly isPaused: boolean;
  /** By `performance.now()`: when dagrun_timeout is over. */
  readonly deadline: number | null;
  readonly rows: Iterable<Row>;
  /** Tasks that were decided against, with the map index of the instance that decided. @default none */
  readonly passedOver?: readonly (readonly [taskId: string, mapIndex: number])[];
  /** Tasks with an instance that failed since the run started. @default none */
  readonly failedTasks?: readonly string[];
}

type Affected = Set<number> | "all";

/**
 * The scheduler's picture of one running run: each task instance's state, and for each task how many of the
 * instances above it ended how. It costs what changes: an instance that ends touches only the counts of the tasks
 * directly after it, however many instances these have, and inside a mapped group the instances of its own index.
 * The tables are the truth. Whoever finds that the picture may be wrong throws it away and loads it again.
 */
export class RunMirror {
  readonly dagRunId: number;
  readonly runId: string;
  readonly structure: DagStructure;
  readonly isPaused: boolean;
  readonly deadline: number | null;
  /** By task, the state of map index i at i + 1. */
  readonly #rows: RowState[][];
  /** By task, how its own instances are. */
  readonly #own: MutableCounts[];
  /** By task, how those instances above it are that concern all its instances alike. */
  readonly #above: MutableCounts[];
  /** The same of setups that are not directly above it. */
  readonly #setupsAbove: MutableCounts[];
  /**
   * Tasks that were decided against before this picture was loaded: one that is cleared alone is skipped again. What
   * is decided later comes with the states, and a decider that runs again leads to a new picture.
   */
  readonly #passedOver = new Map<number, Set<number>>();
  /** Expansions whose rows are known to be as many as their length says. */
  readonly #expanded = new Set<number>();
  /** By task, the expansions whose length its results give. */
  readonly #gives: ReadonlyMap<number, readonly number[]>;
  readonly #failedTasks = new Set<number>();
  /** Instances that wait for earlier runs. */
  readonly #held = new Map<number, Set<number>>();
  readonly #foreign = noCounts();
  /** Instances to look at: nobody has scheduled them, and something above them changed. */
  readonly #affected = new Map<number, Affected>();
  #untouched = 0;
  #unfinished = 0;

  constructor(run: MirroredRun, structure: DagStructure) {
    this.dagRunId = run.dagRunId;
    this.runId = run.runId;
    this.isPaused = run.isPaused;
    this.deadline = run.deadline;
    this.structure = structure;
    this.#rows = structure.tasks.map(() => []);
    this.#own = structure.tasks.map(noCounts);
    this.#above = structure.tasks.map(noCounts);
    this.#setupsAbove = structure.tasks.map(noCounts);
    this.#gives = giversOf(structure.expansions);
    for (const [taskId, mapIndex, state] of run.rows) {
      const task = structure.indexOf.get(taskId);
      if (task === undefined) this.#putForeign(state);
      else this.#put(task, mapIndex, state);
    }
    for (const [taskId, mapIndex] of run.passedOver ?? []) this.#passOver(taskId, mapIndex);
    this.#failedTasks.clear();
    for (const taskId of run.failedTasks ?? []) this.#noteFailure(structure.indexOf.get(taskId));
  }

  /** How many instances nobody has scheduled yet, have ended, and succeeded: enough to notice a wrong picture. */
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

  /** An instance's state; undefined where there is none. */
  stateOf(task: number, mapIndex = -1): RowState {
    return this.#rows[task]![mapIndex + 1];
  }

  /** The map indexes of a task's instances; -1 alone until it is expanded. */
  indexesOf(task: number): number[] {
    return this.#rows[task]!.flatMap((state, place) => (state === undefined ? [] : [place - 1]));
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
    this.#put(task, mapIndex, state);
    return true;
  }

  /** Takes over the state that a statement of this scheduler has found or given. */
  settle(taskId: string, mapIndex: number, state: TaskInstanceState): void {
    const task = this.structure.indexOf.get(taskId);
    if (task !== undefined && this.stateOf(task, mapIndex) !== undefined) this.#put(task, mapIndex, state);
  }

  /** Takes over all rows of the tasks of an expansion, as they are after it was expanded. */
  expand(expansion: number, rows: Iterable<Row>): void {
    this.#expanded.add(expansion);
    const fresh = new Map(this.structure.expansions[expansion]!.tasks.map((task) => [task, [] as RowState[]]));
    for (const [taskId, mapIndex, state] of rows) fresh.get(this.structure.indexOf.get(taskId)!)![mapIndex + 1] = state;
    for (const [task, states] of fresh) {
      const places = Math.max(states.length, this.#rows[task]!.length);
      for (let place = 0; place < places; place++) this.#put(task, place - 1, states[place]);
      this.#touch(task, "all");
    }
  }

  /** Keeps an instance back until `recheckHeld`: it depends on an earlier run. */
  hold({ task, mapIndex }: Instance): void {
    const held = this.#held.get(task) ?? new Set();
    this.#held.set(task, held.add(mapIndex));
  }

  /** Has the instances that were held back judged again. */
  recheckHeld(): void {
    for (const [task, indexes] of this.#held) for (const mapIndex of indexes) this.#touch(task, mapIndex);
    this.#held.clear();
  }

  /**
   * Judges the affected instances by their trigger rules, and what follows from that for those below. The settled
   * ones count as done in this picture; the ready ones keep their state until it is known what became of them.
   */
  evaluate(): Evaluation {
    const found: Findings = { ready: [], settled: [], gated: [], expansions: new Set() };
    const stopFor = this.isPaused ? [] : this.#failuresToStopFor();
    if (!this.isPaused && stopFor.length === 0) this.#judgeAffected(found);
    return { ...found, expansions: [...found.expansions], stopFor };
  }

  /**
   * How the run ends, judged by its leaves; null while an instance is unfinished. Where a failure has others skipped,
   * the leaves may be among these, and the failure itself decides.
   */
  get end(): "success" | "failed" | null {
    if (this.#unfinished > 0) return null;
    const { failFast, leaves, tasks } = this.structure;
    const failed =
      leaves.some((leaf) => this.#own[leaf]!.failed + this.#own[leaf]!.upstream_failed > 0) ||
      (failFast && tasks.some(({ isTeardown }, task) => !isTeardown && this.#own[task]!.failed > 0));
    return failed ? "failed" : "success";
  }

  /**
   * Whether instances are left but none is on its way; when nothing is ready or affected either, none ever will be.
   * As in Airflow, a task that depends on earlier runs or has a limit of its own may always have a reason to wait.
   */
  get isStuck(): boolean {
    if (this.isPaused || this.#unfinished === 0 || this.#untouched < this.#unfinished) return false;
    return this.structure.tasks.every((task, index) => {
      const mayWait = task.dependsOnPast || task.maxActiveTisPerDag !== null || task.maxActiveTisPerDagrun !== null;
      return !mayWait || isDone(this.#own[index]!);
    });
  }

  #judgeAffected(found: Findings): void {
    // What is added to a map while it is iterated is visited too, so one pass follows a cascade to its end; a task
    // is taken out first, because it may have to be judged again.
    for (const [task, affected] of this.#affected) {
      this.#affected.delete(task);
      if (this.#waitsForExpansion(task, found)) continue;
      if (affected === "all") this.#judgeAll(task, found);
      else for (const mapIndex of affected) this.#judgeOne(task, mapIndex, found);
    }
  }

  #judgeAll(task: number, found: Findings): void {
    if (isDone(this.#own[task]!)) return;
    const { relatives, setupRelatives } = this.structure;
    const alike =
      relatives.siblingsAbove[task]!.length === 0 &&
      setupRelatives.siblingsAbove[task]!.length === 0 &&
      this.#above[task]!.removed + this.#setupsAbove[task]!.removed === 0;
    // One judgement serves all instances, unless one of their own index concerns each.
    const verdict = alike ? this.#judge(task, -1) : undefined;
    if (verdict === "wait") return;
    this.#rows[task]!.forEach((state, place) => {
      if (state !== null) return;
      if (verdict === undefined) this.#judgeOne(task, place - 1, found);
      else this.#conclude({ task, mapIndex: place - 1 }, verdict, found);
    });
  }

  #judgeOne(task: number, mapIndex: number, found: Findings): void {
    if (this.stateOf(task, mapIndex) !== null) return;
    this.#conclude({ task, mapIndex }, this.#judge(task, mapIndex), found);
  }

  /** What an instance's trigger rule is judged by. */
  explain({ task, mapIndex }: Instance): StatesAbove {
    const { relatives, setupRelatives, tasks } = this.structure;
    const upstream = this.#countsFor(this.#above, relatives.siblingsAbove, task, mapIndex);
    // A teardown is directly after the setups that concern it.
    if (tasks[task]!.isTeardown) return { upstream, setups: noCounts() };
    return { upstream, setups: this.#countsFor(this.#setupsAbove, setupRelatives.siblingsAbove, task, mapIndex) };
  }

  #judge(task: number, mapIndex: number): Verdict {
    const { triggerRule } = this.structure.tasks[task]!;
    const { upstream, setups } = this.explain({ task, mapIndex });
    return judgeWithSetups(triggerRule, upstream, setups, mapIndex);
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
    const { isSetup } = this.structure.tasks[sibling]!;
    const rows = this.#rows[sibling]!;
    const state = rows[mapIndex + 1] === undefined ? rows[0] : rows[mapIndex + 1];
    if (state !== undefined) countMove(counts, undefined, state, { isSetup, mapIndex });
    if (state !== undefined || mapIndex >= 0) return;
    rows.forEach((other, place) => {
      if (other !== undefined) countMove(counts, undefined, other, { isSetup, mapIndex: place - 1 });
    });
  }

  /** Asks for an expansion that has to come before a task's instances are judged; returns whether there is one. */
  #waitsForExpansion(task: number, found: Findings): boolean {
    const number = this.structure.tasks[task]!.expansion;
    if (number === null || this.#expanded.has(number)) return false;
    const { isGroup, length, givers } = this.structure.expansions[number]!;
    // As in Airflow, a map over literals has its instances from the beginning; over nothing, it is skipped in its turn.
    const isReady = isGroup || (length.kind === "literal" && length.length > 0);
    if (!isReady || !this.#isUntouched(number)) return false;
    if (!givers.every((giver) => isDone(this.#own[giver]!))) return true;
    if (this.#missingGiver(number) !== undefined) return false;
    found.expansions.add(number);
    return true;
  }

  #isUntouched(expansion: number): boolean {
    return this.structure.expansions[expansion]!.tasks.some((task) => this.#rows[task]!.includes(null));
  }

  /** What becomes of instances whose number a task should have given that did not succeed. */
  #missingGiver(expansion: number): "skipped" | "upstream_failed" | undefined {
    const missing = this.structure.expansions[expansion]!.givers.flatMap((giver) => {
      const state = this.stateOf(giver);
      return hasEnded(state) && state !== "success" ? [state] : [];
    });
    if (missing.length === 0) return undefined;
    return missing.every((state) => state === "skipped") ? "skipped" : "upstream_failed";
  }

  #conclude(instance: Instance, verdict: Verdict, found: Findings): void {
    if (verdict === "wait") return;
    if (verdict === "run") this.#letGo(instance, found);
    else this.#decline(instance, verdict, found);
  }

  #letGo(instance: Instance, found: Findings): void {
    const { task } = instance;
    const { expansion, dependsOnPast, isEmpty } = this.structure.tasks[task]!;
    if (this.#isPassedOver(instance)) {
      this.#decline(instance, "skipped", found);
      return;
    }
    if (expansion !== null) {
      const missing = this.#missingGiver(expansion);
      if (missing !== undefined) {
        this.#decline(instance, missing, found);
        return;
      }
      if (!this.#expanded.has(expansion)) {
        const { givers } = this.structure.expansions[expansion]!;
        if (givers.every((giver) => isDone(this.#own[giver]!))) found.expansions.add(expansion);
        return;
      }
    }
    if (dependsOnPast) found.gated.push({ ...instance, verdict: "run" });
    else if (isEmpty) this.#settleUnrun(instance, "success", found);
    else found.ready.push(instance);
  }

  #decline(instance: Instance, state: SettledState, found: Findings): void {
    const { dependsOnPast, waitForPastDependsBeforeSkipping } = this.structure.tasks[instance.task]!;
    if (state === "skipped" && dependsOnPast && waitForPastDependsBeforeSkipping) {
      found.gated.push({ ...instance, verdict: state });
      return;
    }
    this.#settleUnrun(instance, state, found);
  }

  #settleUnrun(instance: Instance, state: UnrunState, found: Findings): void {
    found.settled.push({ ...instance, state });
    this.#put(instance.task, instance.mapIndex, state);
  }

  #isPassedOver({ task, mapIndex }: Instance): boolean {
    const deciders = this.#passedOver.get(task);
    return deciders !== undefined && (deciders.has(-1) || deciders.has(mapIndex));
  }

  #passOver(taskId: string, mapIndex: number): void {
    const task = this.structure.indexOf.get(taskId);
    if (task === undefined) return;
    const deciders = this.#passedOver.get(task) ?? new Set();
    this.#passedOver.set(task, deciders.add(mapIndex));
  }

  #noteFailure(task: number | undefined): void {
    if (!this.structure.failFast || task === undefined || this.structure.tasks[task]!.isTeardown) return;
    this.#failedTasks.add(task);
  }

  /** The failed tasks, when others are left that they stop. */
  #failuresToStopFor(): number[] {
    if (this.#failedTasks.size === 0) return [];
    const isLeft = this.structure.tasks.some(
      ({ isTeardown }, task) => !isTeardown && !this.#failedTasks.has(task) && !isDone(this.#own[task]!),
    );
    return isLeft ? [...this.#failedTasks] : [];
  }

  #putForeign(state: TaskInstanceState): void {
    if (state === null || hasEnded(state)) countMove(this.#foreign, undefined, state, { isSetup: false, mapIndex: -1 });
  }

  /** Everything that follows from a row's being in a state, or (undefined) not being there. */
  #put(task: number, mapIndex: number, state: RowState): void {
    const rows = this.#rows[task]!;
    // An array without holes can be iterated as it is.
    while (rows.length < mapIndex + 1) rows.push(undefined);
    const before = rows[mapIndex + 1];
    if (before === state) return;
    rows[mapIndex + 1] = state;
    const counted = { isSetup: this.structure.tasks[task]!.isSetup, mapIndex };
    this.#countOwn(task, before, state, counted);
    if (state === null) this.#touch(task, mapIndex);
    if (state === "failed") this.#noteFailure(task);
    const concerns = hasEnded(before) || hasEnded(state) || before === undefined || state === undefined;
    if (!concerns) return;
    this.#tellBelow(this.#above, this.structure.relatives, task, before, state, counted);
    this.#tellBelow(this.#setupsAbove, this.structure.setupRelatives, task, before, state, counted);
    const gives = this.#gives.get(task);
    if (gives !== undefined && isDone(this.#own[task]!)) for (const expansion of gives) this.#touchExpansion(expansion);
  }

  #countOwn(task: number, before: RowState, state: RowState, counted: Counted): void {
    countMove(this.#own[task]!, before, state, counted);
    if (before === null) this.#untouched -= 1;
    if (state === null) this.#untouched += 1;
    if (before !== undefined && !hasEnded(before)) this.#unfinished -= 1;
    if (state !== undefined && !hasEnded(state)) this.#unfinished += 1;
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
      this.#touch(other, "all");
    }
    const { mapIndex } = counted;
    for (const sibling of siblingsBelow[task]!) this.#touch(sibling, mapIndex < 0 ? "all" : mapIndex);
  }

  #touchExpansion(expansion: number): void {
    for (const task of this.structure.expansions[expansion]!.tasks) this.#touch(task, "all");
  }

  #touch(task: number, mapIndex: number | "all"): void {
    const affected = this.#affected.get(task);
    if (affected === "all") return;
    if (mapIndex === "all") this.#affected.set(task, "all");
    else if (affected === undefined) this.#affected.set(task, new Set([mapIndex]));
    else affected.add(mapIndex);
  }
}

interface Findings {
  readonly ready: Instance[];
  readonly settled: (Instance & { readonly state: UnrunState })[];
  readonly gated: (Instance & { readonly verdict: "run" | "skipped" })[];
  readonly expansions: Set<number>;
}

const countEnded = (c: UpstreamCounts) => c.success + c.failed + c.upstream_failed + c.skipped + c.removed;

/** Whether all instances that a task has are finished. */
const isDone = (own: UpstreamCounts) => countEnded(own) >= own.total;

function giversOf(expansions: readonly Expansion[]): ReadonlyMap<number, readonly number[]> {
  const gives = new Map<number, number[]>();
  expansions.forEach(({ givers }, number) => {
    for (const giver of givers) gives.set(giver, [...(gives.get(giver) ?? []), number]);
  });
  return gives;
}
