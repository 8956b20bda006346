import type { Dag } from "./dag.ts";

const COLLECTED = Symbol.for("daisy.sdk.collected-dags");
const holder = globalThis as unknown as Record<symbol, Dag[] | undefined>;

/** Remembers a DAG that a file builds while it is being loaded; outside a load it does nothing. */
export function collectDag(dag: Dag): void {
  holder[COLLECTED]?.push(dag);
}

/** Whether a DAG file is being loaded. */
export function isCollecting(): boolean {
  return holder[COLLECTED] !== undefined;
}

/**
 * The DAGs constructed while `load` runs, in order. One load at a time: a second one that overlaps is refused,
 * because construction could not be told apart.
 */
export async function collectDags(load: () => Promise<unknown>): Promise<Dag[]> {
  if (holder[COLLECTED] !== undefined) throw new Error("Two DAG files cannot be loaded at once in one process");
  const dags: Dag[] = [];
  holder[COLLECTED] = dags;
  try {
    await load();
    return dags;
  } finally {
    holder[COLLECTED] = undefined;
  }
}
