import type { Instance, Row } from "#scheduler/runs/instance.ts";
import { type Evaluation, RunMirror } from "#scheduler/runs/run-mirror.ts";
import { isFinished } from "#sdk/states.ts";
import type { Random } from "./random.ts";
import { isPassedOver, possibleVerdicts } from "./reference.ts";
import type { SimulatedRow, World } from "./world.ts";

type Settled = Evaluation["settled"][number];

/** A change that the scheduler is told of; it may be lost on the way. */
export type Told = Row | "reload";

/**
 * What `RunEvaluator` does for one run, with the real mirror: it follows what it is told, and writes what the mirror
 * decides as compare-and-sets. It may crash at any point, and forgets its mirror then.
 */
export class SimulatedScheduler {
  readonly #world: World;
  readonly #random: Random;
  readonly #hearsAll: boolean;
  #mirror: RunMirror | undefined;
  #looksStuck = false;

  /** @param hearsAll whether no notification is lost */
  constructor(world: World, random: Random, hearsAll: boolean) {
    this.#world = world;
    this.#random = random;
    this.#hearsAll = hearsAll;
  }

  crash(): void {
    this.#mirror = undefined;
  }

  /** One round; with a probability it crashes between two of its steps. */
  round(told: readonly Told[], crashes: number): void {
    const world = this.#world;
    if (world.runState !== "running") {
      this.crash();
      return;
    }
    const mirror = this.#follow(told);
    const { ready, settled, stopFor } = decide(this.#world, mirror);
    if (stopFor.length > 0) {
      this.#stop(stopFor);
      return;
    }
    if (this.#crashed(crashes)) return;
    this.#settle(settled);
    if (this.#mirror === undefined || this.#crashed(crashes)) return;
    this.#queue(ready, mirror);
    // Another scheduler with the same picture may do the same again.
    if (this.#random.chance(crashes)) this.#queue(ready, mirror);
    if (this.#crashed(crashes)) return;
    if (this.#hearsAll) this.#checkNothingWaits();
    if (ready.length === 0) this.#finish(mirror);
    else this.#looksStuck = false;
  }

  /**
   * What can be decided now must have been: a rule that does not wait for all must not. Only the length of a map may be
   * waited for; and what was decided against may be skipped now or later.
   */
  #checkNothingWaits(): void {
    for (const row of this.#world.all) {
      if (row.state !== null || this.#waitsForLength(row) || isPassedOver(this.#world, row)) continue;
      const possible = possibleVerdicts(this.#world, row);
      if (possible.size === 0) continue;
      throw new Error(
        `${this.#world.nameOf(row)} was left waiting, although it may become ${[...possible].join(", ")}`,
      );
    }
  }

  #waitsForLength({ task }: SimulatedRow): boolean {
    const { structure, rows } = this.#world;
    const { expansion } = structure.tasks[task]!;
    const givers = expansion === null ? [] : structure.expansions[expansion]!.givers;
    return givers.some((giver) => rows[giver]!.some(({ state }) => state === null || !isFinished(state)));
  }

  /** Compares the mirror with the tables as a sweep does. */
  sweep(): void {
    if (this.#mirror === undefined) return;
    const { untouched, finished, succeeded } = this.#mirror.summary;
    const fresh = loadMirror(this.#world).summary;
    if (fresh.untouched !== untouched || fresh.finished !== finished || fresh.succeeded !== succeeded) this.crash();
  }

  #crashed(probability: number): boolean {
    if (!this.#random.chance(probability)) return false;
    this.crash();
    return true;
  }

  #follow(told: readonly Told[]): RunMirror {
    const mirror = this.#mirror;
    const follows = mirror !== undefined && told.every((change) => change !== "reload" && mirror.follow(...change));
    this.#mirror = follows ? mirror : loadMirror(this.#world);
    return this.#mirror;
  }

  #stop(stopFor: readonly number[]): void {
    const teardowns = this.#world.structure.tasks.flatMap(({ isTeardown }, task) => (isTeardown ? [task] : []));
    this.#world.stopRemaining(new Set([...teardowns, ...stopFor]));
    this.crash();
  }

  /** What `queue_tasks` does: what finds no slot stays scheduled for a while. */
  #queue(ready: readonly Instance[], mirror: RunMirror): void {
    for (const instance of ready) {
      const row = this.#world.find(instance.task, instance.mapIndex)!;
      if (row.state === null) {
        this.#check(row, "run");
        this.#world.move(row, "scheduled");
        if (this.#random.chance(0.8)) this.#world.move(row, "queued");
      }
      mirror.settle(this.#world.structure.tasks[row.task]!.taskId, row.mapIndex, row.state);
    }
  }

  /** What `settleTasks` does: all of it, or nothing where somebody else was faster. */
  #settle(settled: readonly Settled[]): void {
    const rows = settled.map(({ task, mapIndex }) => this.#world.find(task, mapIndex)!);
    if (rows.some(({ state }) => state !== null)) {
      this.crash();
      return;
    }
    rows.forEach((row, place) => {
      const { state } = settled[place]!;
      this.#check(row, state);
      this.#world.move(row, state);
    });
  }

  #check(row: SimulatedRow, verdict: string): void {
    const possible = possibleVerdicts(this.#world, row);
    if (possible.has(verdict)) return;
    throw new Error(`${this.#world.nameOf(row)} was judged ${verdict}, not one of ${[...possible].join(", ")}`);
  }

  #finish(mirror: RunMirror): void {
    const { end, isStuck } = mirror;
    if (end !== null) this.#world.runState = end;
    if (end !== null || !isStuck) {
      this.#looksStuck = false;
      return;
    }
    if (this.#looksStuck) this.#world.runState = "failed";
    this.#looksStuck = true;
    this.crash();
  }
}

/** A mirror of the rows as they are. */
export function loadMirror({ structure, all, runStartedAt }: World): RunMirror {
  const taskIdOf = (task: number) => structure.tasks[task]!.taskId;
  return new RunMirror(
    {
      dagRunId: 1,
      runId: "r",
      isPaused: false,
      isStale: false,
      deadline: null,
      rows: all.map(({ task, mapIndex, state }) => [taskIdOf(task), mapIndex, state]),
      passedOver: all.flatMap(({ state, skipped, mapIndex }) =>
        state === "success" ? skipped.map((task) => [taskIdOf(task), mapIndex] as const) : [],
      ),
      failedTasks: all
        .filter(({ state, endedAt }) => state === "failed" && endedAt >= runStartedAt)
        .map(({ task }) => taskIdOf(task)),
    },
    structure,
  );
}

/** All that a mirror finds to be done, with the rows of mapped tasks made as soon as it asks for them. */
export function decide(world: World, mirror: RunMirror): Pick<Evaluation, "ready" | "settled" | "stopFor"> {
  const ready = new Map<string, Instance>();
  const settled: Settled[] = [];
  for (;;) {
    const found = mirror.evaluate();
    for (const instance of found.ready) ready.set(world.nameOf(instance), instance);
    settled.push(...found.settled);
    if (found.expansions.length === 0 || found.stopFor.length > 0) {
      return { ready: [...ready.values()], settled, stopFor: found.stopFor };
    }
    for (const expansion of found.expansions) expand(world, mirror, expansion);
  }
}

function expand(world: World, mirror: RunMirror, expansion: number): void {
  const { structure, rows } = world;
  const { tasks } = structure.expansions[expansion]!;
  const length = world.lengthOf(expansion);
  for (const task of tasks) world.expand(task, length);
  mirror.expand(
    expansion,
    tasks.flatMap((task) =>
      rows[task]!.map(({ mapIndex, state }): Row => [structure.tasks[task]!.taskId, mapIndex, state]),
    ),
  );
}
