/** What the tasks of a DAG are to setups and teardowns. */
export interface SetupTask {
  readonly isSetup: boolean;
  readonly isTeardown: boolean;
}

type Edges = readonly (readonly number[])[];

/**
 * For each task, the setups that it needs without being directly after them, as Airflow's
 * `get_upstreams_only_setups`: those above it that have no teardown, or one below it. A teardown needs none.
 */
export function indirectSetups(tasks: readonly SetupTask[], downstream: Edges, upstream: Edges): Edges {
  const needed: number[][] = tasks.map(() => []);
  tasks.forEach(({ isSetup }, setup) => {
    if (!isSetup) return;
    const teardowns = downstream[setup]!.filter((task) => tasks[task]!.isTeardown);
    const beforeTeardown = reach(teardowns, upstream);
    const direct = new Set(downstream[setup]);
    for (const task of reach([setup], downstream)) {
      const isInScope = teardowns.length === 0 || beforeTeardown.has(task);
      if (isInScope && !direct.has(task) && !tasks[task]!.isTeardown) needed[task]!.push(setup);
    }
  });
  return needed;
}

/** All tasks that can be reached from the given ones, without these. */
function reach(from: readonly number[], edges: Edges): ReadonlySet<number> {
  const reached = new Set<number>();
  const left = [...from];
  for (let task = left.pop(); task !== undefined; task = left.pop()) {
    for (const next of edges[task]!) {
      if (reached.has(next)) continue;
      reached.add(next);
      left.push(next);
    }
  }
  return reached;
}
