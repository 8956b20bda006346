import type { DagStructure } from "#core/dag-structure/dag-structure.ts";
import type { Expansion } from "#core/dag-structure/expansion.ts";
import { hasEnded } from "./instance-counts.ts";
import type { InstanceStates } from "./instance-states.ts";

/** Which mapped tasks and groups of a run have their rows, and what the others wait for. Expansions go by their numbers. */
export class MapExpansions {
  readonly #structure: DagStructure;
  readonly #states: InstanceStates;
  /** Those whose rows are known to be as many as their length says. */
  readonly #expanded = new Set<number>();
  /** By task, the expansions whose length its results give. */
  readonly #gives: ReadonlyMap<number, readonly number[]>;

  constructor(structure: DagStructure, states: InstanceStates) {
    this.#structure = structure;
    this.#states = states;
    this.#gives = giversOf(structure.expansions);
  }

  isExpanded(expansion: number): boolean {
    return this.#expanded.has(expansion);
  }

  noteExpanded(expansion: number): void {
    this.#expanded.add(expansion);
  }

  /** The tasks whose number of instances a task's results give, once all of its instances have ended. */
  givenBy(task: number): readonly number[] {
    const gives = this.#gives.get(task);
    if (gives === undefined || !this.#states.isDone(task)) return [];
    return gives.flatMap((expansion) => this.#structure.expansions[expansion]!.tasks);
  }

  /** Whether all have ended that say how many instances there are. */
  isLengthKnown(expansion: number): boolean {
    return this.#structure.expansions[expansion]!.givers.every((giver) => this.#states.isDone(giver));
  }

  /**
   * Whether its rows are to be made before any trigger rule is judged: as in Airflow, a map over literals has its
   * instances from the beginning; one over nothing is skipped in its turn.
   */
  comesFirst(expansion: number): boolean {
    const { isGroup, length } = this.#structure.expansions[expansion]!;
    const isReady = isGroup || (length.kind === "literal" && length.length > 0);
    return isReady && !this.#expanded.has(expansion) && this.#isUntouched(expansion);
  }

  /** What becomes of instances whose number a task should have given that did not succeed. */
  missingGiver(expansion: number): "skipped" | "upstream_failed" | undefined {
    const missing = this.#structure.expansions[expansion]!.givers.flatMap((giver) => {
      const state = this.#states.get(giver);
      return hasEnded(state) && state !== "success" ? [state] : [];
    });
    if (missing.length === 0) return undefined;
    return missing.every((state) => state === "skipped") ? "skipped" : "upstream_failed";
  }

  #isUntouched(expansion: number): boolean {
    return this.#structure.expansions[expansion]!.tasks.some((task) => this.#states.rowsOf(task).includes(null));
  }
}

function giversOf(expansions: readonly Expansion[]): ReadonlyMap<number, readonly number[]> {
  const gives = new Map<number, number[]>();
  expansions.forEach(({ givers }, number) => {
    for (const giver of givers) gives.set(giver, [...(gives.get(giver) ?? []), number]);
  });
  return gives;
}
