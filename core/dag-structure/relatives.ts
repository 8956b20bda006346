import type { Expansion } from "./expansion.ts";

type Edges = readonly (readonly number[])[];

/**
 * How the instances of tasks concern each other along some edges. Two tasks of one mapped group go index by index;
 * otherwise a task looks at all instances of the other.
 */
export interface Relatives {
  /** Of each task, those below that count all its instances. */
  readonly below: Edges;
  /** Of each task, those below in its mapped group: their instances look at its instance of their index. */
  readonly siblingsBelow: Edges;
  readonly siblingsAbove: Edges;
}

const NONE: readonly number[] = [];

/** @param downstream the edges: the tasks that each task leads to */
export function splitRelatives(downstream: Edges, expansions: readonly Expansion[]): Relatives {
  const groupOf: (Expansion | undefined)[] = [];
  for (const expansion of expansions) {
    if (expansion.isGroup) for (const task of expansion.tasks) groupOf[task] = expansion;
  }
  const none = downstream.map(() => NONE);
  if (groupOf.length === 0) return { below: downstream, siblingsBelow: none, siblingsAbove: none };
  const areSiblings = (one: number, other: number) => groupOf[one] !== undefined && groupOf[one] === groupOf[other];
  const siblingsBelow = downstream.map((tasks, task) => tasks.filter((below) => areSiblings(task, below)));
  return {
    below: downstream.map((tasks, task) => tasks.filter((below) => !areSiblings(task, below))),
    siblingsBelow,
    siblingsAbove: reversed(siblingsBelow),
  };
}

/** The same edges, told from their other ends. */
export function reversed(edges: Edges): number[][] {
  const back: number[][] = edges.map(() => []);
  edges.forEach((targets, task) => {
    for (const target of targets) back[target]!.push(task);
  });
  return back;
}
