import type { Instance } from "./instance.ts";

/**
 * Tasks that were decided against before a picture of a run was loaded: one that is cleared alone is skipped again. What
 * is decided later comes with the states, and a decider that runs again leads to a new picture.
 */
export class PassedOverTasks {
  readonly #deciders = new Map<number, Set<number>>();

  /** @param mapIndex of the instance that decided */
  add(task: number, mapIndex: number): void {
    const deciders = this.#deciders.get(task) ?? new Set();
    this.#deciders.set(task, deciders.add(mapIndex));
  }

  /** Whether an instance is skipped: a decider that is not mapped speaks for all, a mapped one for its own index. */
  has({ task, mapIndex }: Instance): boolean {
    const deciders = this.#deciders.get(task);
    return deciders !== undefined && (deciders.has(-1) || deciders.has(mapIndex));
  }
}
