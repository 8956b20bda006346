import test from "ava";
import { relatedTasks, selectTasks } from "#core/dag-structure/select-tasks.ts";
import type { SerializedDag } from "#sdk/serialized-dag.ts";

/**
 * A DAG from edges such as `a > b > c`; ids that begin with `setup` and `teardown` are such, and `group.x` is in a group.
 */
function dagOf(...edges: readonly string[]): SerializedDag {
  const downstream = new Map<string, Set<string>>();
  for (const edge of edges) {
    const path = edge.split(" > ");
    for (const [index, id] of path.entries()) {
      const after = downstream.get(id) ?? new Set();
      downstream.set(id, after);
      if (path[index + 1] !== undefined) after.add(path[index + 1]!);
    }
  }
  const ids = [...downstream.keys()];
  const grouped = ids.filter((id) => id.startsWith("group."));
  const children = {
    ...Object.fromEntries(ids.filter((id) => !grouped.includes(id)).map((id) => [id, ["operator", id]])),
    group: ["taskgroup", { children: Object.fromEntries(grouped.map((id) => [id, ["operator", id]])) }],
  };
  const tasks = ids.map((id) => ({
    __var: {
      task_id: id,
      is_setup: id.startsWith("setup"),
      is_teardown: id.startsWith("teardown"),
      downstream_task_ids: [...downstream.get(id)!],
    },
  }));
  return { dag: { tasks, task_group: { children } } } as unknown as SerializedDag;
}

const PLAIN = dagOf("a > b > d", "a > c > d", "d > e");
const SCOPED = dagOf("setup > work > teardown", "setup > teardown", "before > work > after");
const NESTED = dagOf(
  "setup1 > setup2 > work > teardown2 > teardown1",
  "setup1 > teardown1",
  "setup2 > teardown2",
  "setup1 > other > teardown1",
);
const BARE = dagOf("setup > first > second");
const GROUPED = dagOf("a > group.x > group.y > b");

const CASES: readonly {
  what: string;
  dag: SerializedDag;
  names: readonly string[];
  scope?: { upstream?: boolean; downstream?: boolean };
  cleared: string;
  /** Where marking takes other tasks than clearing. */
  marked?: string;
}[] = [
  { what: "a task alone", dag: PLAIN, names: ["b"], cleared: "b" },
  { what: "what is downstream", dag: PLAIN, names: ["b"], scope: { downstream: true }, cleared: "b d e" },
  { what: "what is upstream", dag: PLAIN, names: ["d"], scope: { upstream: true }, cleared: "a b c d" },
  { what: "both", dag: PLAIN, names: ["b"], scope: { upstream: true, downstream: true }, cleared: "a b d e" },
  { what: "several tasks", dag: PLAIN, names: ["b", "c", "b"], cleared: "b c" },
  { what: "a name that is not there", dag: PLAIN, names: ["nowhere"], cleared: "" },
  { what: "a group by its id", dag: GROUPED, names: ["group"], cleared: "group.x group.y" },
  {
    what: "a group with what is downstream",
    dag: GROUPED,
    names: ["group"],
    scope: { downstream: true },
    cleared: "b group.x group.y",
  },
  { what: "a task's setup and teardown", dag: SCOPED, names: ["work"], cleared: "setup teardown work", marked: "work" },
  { what: "a task that is not between them without them", dag: SCOPED, names: ["before"], cleared: "before" },
  {
    what: "the setups of what is downstream",
    dag: SCOPED,
    names: ["before"],
    scope: { downstream: true },
    cleared: "after before setup teardown work",
    marked: "after before teardown work",
  },
  {
    what: "a setup with its teardown",
    dag: SCOPED,
    names: ["setup"],
    cleared: "setup teardown",
    marked: "setup",
  },
  { what: "a teardown alone", dag: SCOPED, names: ["teardown"], cleared: "teardown" },
  {
    what: "all setups around a task, and all their teardowns",
    dag: NESTED,
    names: ["work"],
    cleared: "setup1 setup2 teardown1 teardown2 work",
    marked: "work",
  },
  { what: "the outer setup only", dag: NESTED, names: ["other"], cleared: "other setup1 teardown1", marked: "other" },
  { what: "a setup that is never torn down", dag: BARE, names: ["second"], cleared: "second setup", marked: "second" },
  {
    what: "the setups that are upstream anyway, with their teardowns",
    dag: SCOPED,
    names: ["after"],
    scope: { upstream: true },
    cleared: "after before setup teardown work",
    marked: "after before setup work",
  },
];

for (const { what, dag, names, scope, cleared, marked = cleared } of CASES) {
  test(`clearing takes ${what}; marking ${marked === cleared ? "does too" : "takes no setup or teardown unasked"}`, (t) => {
    t.is([...selectTasks(dag, names, scope)].sort().join(" "), cleared);
    t.is([...relatedTasks(dag, names, scope)].sort().join(" "), marked);
  });
}
