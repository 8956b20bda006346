import type { DagStructure } from "#core/dag-structure/dag-structure.ts";
import type { InstanceStates } from "./instance-states.ts";

/** In a run of a DAG with `failFast`: the tasks whose failure stops the others. Teardowns neither stop nor are stopped. */
export class FailFast {
  readonly #structure: DagStructure;
  readonly #failed = new Set<number>();

  constructor(structure: DagStructure) {
    this.#structure = structure;
  }

  /** Notes that an instance of a task failed since the run started. */
  noteFailure(task: number): void {
    if (this.#structure.failFast && !this.#structure.tasks[task]!.isTeardown) this.#failed.add(task);
  }

  /** The failed tasks, when others are left that they stop. */
  failuresToStopFor(states: InstanceStates): number[] {
    if (this.#failed.size === 0) return [];
    const isLeft = this.#structure.tasks.some(
      ({ isTeardown }, task) => !isTeardown && !this.#failed.has(task) && !states.isDone(task),
    );
    return isLeft ? [...this.#failed] : [];
  }
}
