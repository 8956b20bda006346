import type { DagStructure } from "#core/dag-structure/dag-structure.ts";
import { judgeWithSetups, type SettledState, type Verdict } from "../trigger-rules.ts";
import type { AffectedInstances } from "./affected-instances.ts";
import type { Instance } from "./instance.ts";
import type { InstanceStates } from "./instance-states.ts";
import type { MapExpansions } from "./map-expansions.ts";
import type { PassedOverTasks } from "./passed-over-tasks.ts";

/** What an instance becomes without being run: what its trigger rule says, or the success of an empty task. */
export type UnrunState = SettledState | "success";

/** What the affected instances of a run come to. */
export interface Judgements {
  /** Instances that may run now. */
  readonly ready: readonly Instance[];
  /** Instances that are not run, with the state they take. */
  readonly settled: readonly (Instance & { readonly state: UnrunState })[];
  /** Instances that their upstream lets go one way or the other, if what they depend on in earlier runs does too. */
  readonly gated: readonly (Instance & { readonly verdict: "run" | "skipped" })[];
  /** Expansions, by number, whose length is known now: their rows come next. */
  readonly expansions: readonly number[];
}

/** The parts of the scheduler's picture of a run that instances are judged by. */
export interface JudgedPicture {
  /** Whether tasks that would be run do not count as run: empty ones neither. */
  readonly isPaused: boolean;
  readonly structure: DagStructure;
  readonly states: InstanceStates;
  readonly affected: AffectedInstances;
  readonly maps: MapExpansions;
  readonly passedOver: PassedOverTasks;
  /** Takes the state that an instance is settled with into the picture, where it may affect others. */
  settle({ task, mapIndex }: Instance, state: UnrunState): void;
}

/**
 * Judges the affected instances of a run by their trigger rules, and what follows from that for those below. The
 * settled ones count as done in the picture; the ready ones keep their state until it is known what became of them.
 */
export function judgeInstances(picture: JudgedPicture): Judgements {
  const judge = new InstanceJudge(picture);
  for (const [task, affected] of picture.affected.take()) {
    if (judge.waitsForExpansion(task)) continue;
    if (affected === "all") judge.judgeAll(task);
    else for (const mapIndex of affected) judge.judgeOne({ task, mapIndex });
  }
  const { ready, settled, gated, expansions } = judge;
  return { ready, settled, gated, expansions: [...expansions] };
}

class InstanceJudge {
  readonly ready: Instance[] = [];
  readonly settled: (Instance & { readonly state: UnrunState })[] = [];
  readonly gated: (Instance & { readonly verdict: "run" | "skipped" })[] = [];
  readonly expansions = new Set<number>();
  readonly #picture: JudgedPicture;

  constructor(picture: JudgedPicture) {
    this.#picture = picture;
  }

  /** Asks for an expansion that has to come before a task's instances are judged; returns whether there is one. */
  waitsForExpansion(task: number): boolean {
    const { structure, maps } = this.#picture;
    const { expansion } = structure.tasks[task]!;
    if (expansion === null || !maps.comesFirst(expansion)) return false;
    if (!maps.isLengthKnown(expansion)) return true;
    if (maps.missingGiver(expansion) !== undefined) return false;
    this.expansions.add(expansion);
    return true;
  }

  judgeAll(task: number): void {
    const { states } = this.#picture;
    if (states.isDone(task)) return;
    const verdict = states.concernAllAlike(task) ? this.#judge({ task, mapIndex: -1 }) : undefined;
    if (verdict === "wait") return;
    states.rowsOf(task).forEach((state, place) => {
      if (state !== null) return;
      const instance = { task, mapIndex: place - 1 };
      this.#conclude(instance, verdict ?? this.#judge(instance));
    });
  }

  judgeOne(instance: Instance): void {
    if (this.#picture.states.get(instance.task, instance.mapIndex) !== null) return;
    this.#conclude(instance, this.#judge(instance));
  }

  #judge(instance: Instance): Verdict {
    const { structure, states } = this.#picture;
    const { upstream, setups } = states.above(instance);
    return judgeWithSetups(structure.tasks[instance.task]!.triggerRule, upstream, setups, instance.mapIndex);
  }

  #conclude(instance: Instance, verdict: Verdict): void {
    if (verdict === "wait") return;
    if (verdict === "run") this.#letGo(instance);
    else this.#decline(instance, verdict);
  }

  #letGo(instance: Instance): void {
    const { structure, passedOver, maps, isPaused } = this.#picture;
    const { expansion, dependsOnPast, isEmpty } = structure.tasks[instance.task]!;
    const missing = expansion === null ? undefined : maps.missingGiver(expansion);
    if (passedOver.has(instance)) this.#decline(instance, "skipped");
    else if (missing !== undefined) this.#decline(instance, missing);
    else if (expansion !== null && !maps.isExpanded(expansion)) this.#askFor(expansion);
    else if (dependsOnPast) this.gated.push({ ...instance, verdict: "run" });
    else if (isEmpty && !isPaused) this.#settle(instance, "success");
    else this.ready.push(instance);
  }

  #askFor(expansion: number): void {
    if (this.#picture.maps.isLengthKnown(expansion)) this.expansions.add(expansion);
  }

  #decline(instance: Instance, state: SettledState): void {
    const { dependsOnPast, waitForPastDependsBeforeSkipping } = this.#picture.structure.tasks[instance.task]!;
    if (state === "skipped" && dependsOnPast && waitForPastDependsBeforeSkipping) {
      this.gated.push({ ...instance, verdict: state });
    } else this.#settle(instance, state);
  }

  #settle(instance: Instance, state: UnrunState): void {
    this.settled.push({ ...instance, state });
    this.#picture.settle(instance, state);
  }
}
