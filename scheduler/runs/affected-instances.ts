import type { Instance } from "./instance.ts";

/** The instances of a task to look at, by map index; "all": those that have no state. */
export type Affected = ReadonlySet<number> | "all";

/** Which instances of a run are to be looked at, because something above them changed, and which are kept back from it. */
export class AffectedInstances {
  readonly #byTask = new Map<number, Set<number> | "all">();
  readonly #held = new Map<number, Set<number>>();

  /** Has instances that nobody has scheduled looked at. */
  add(task: number, mapIndex: number | "all"): void {
    const affected = this.#byTask.get(task);
    if (affected === "all") return;
    if (mapIndex === "all") this.#byTask.set(task, "all");
    else if (affected === undefined) this.#byTask.set(task, new Set([mapIndex]));
    else affected.add(mapIndex);
  }

  /** Takes out task after task, those too that are added meanwhile: one pass follows a cascade to its end. */
  *take(): Generator<readonly [task: number, affected: Affected]> {
    for (const [task, affected] of this.#byTask) {
      // Out first, because it may have to be looked at again.
      this.#byTask.delete(task);
      yield [task, affected];
    }
  }

  /** Keeps an instance back until `recheckHeld`. */
  hold({ task, mapIndex }: Instance): void {
    const held = this.#held.get(task) ?? new Set();
    this.#held.set(task, held.add(mapIndex));
  }

  /** Has the instances that were kept back looked at again. */
  recheckHeld(): void {
    for (const [task, indexes] of this.#held) for (const mapIndex of indexes) this.add(task, mapIndex);
    this.#held.clear();
  }
}
