import type { SerializedDag, SerializedTaskFields, SerializedTaskGroup } from "#sdk/serialized-dag.ts";
import { tasksByGroup } from "./task-groups.ts";

/** Which of a DAG's tasks a user means, beside those that he names. */
export interface TaskScope {
  /** Also everything before them. @default false */
  readonly upstream?: boolean;
  /** Also everything after them. @default false */
  readonly downstream?: boolean;
}

type Graph = ReadonlyMap<string, Node>;
interface Node {
  readonly id: string;
  readonly isSetup: boolean;
  readonly isTeardown: boolean;
  readonly above: Node[];
  readonly below: Node[];
}

/**
 * The tasks to clear when some are named, by task id or by the id of a task group. A task's setups come along, with
 * their teardowns: what it needs has been torn down since. A setup that is named comes with its teardowns
 * (Airflow's `DAG.partial_subset`). Names that the DAG does not have are left out.
 */
export function selectTasks(
  { dag }: SerializedDag,
  names: readonly string[],
  { upstream = false, downstream = false }: TaskScope = {},
): Set<string> {
  const graph = readGraph(dag.tasks.map((task) => task.__var));
  const named = namedTasks(dag.task_group, graph, names);
  const chosen = new Set(named);
  const add = (nodes: Iterable<Node>) => {
    for (const node of nodes) chosen.add(node);
  };
  for (const node of named) {
    if (downstream) {
      for (const after of reach(node, "below")) {
        add([after]);
        if (isWork(after)) add(setupsOf(after));
      }
    }
    if (upstream) add(withTeardowns(reach(node, "above")));
    else if (isWork(node)) add(setupsOf(node));
    if (node.isSetup && !downstream) add(teardownsOf(node));
  }
  return new Set([...chosen].map(({ id }) => id));
}

/** The named tasks with all before or after them, as marking takes them: a state is given to no setup unasked. */
export function relatedTasks(
  { dag }: SerializedDag,
  names: readonly string[],
  { upstream = false, downstream = false }: TaskScope = {},
): Set<string> {
  const graph = readGraph(dag.tasks.map((task) => task.__var));
  const named = namedTasks(dag.task_group, graph, names);
  const related = named.flatMap((node) => [
    node,
    ...(upstream ? reach(node, "above") : []),
    ...(downstream ? reach(node, "below") : []),
  ]);
  return new Set(related.map(({ id }) => id));
}

function readGraph(tasks: readonly SerializedTaskFields[]): Graph {
  const graph = new Map<string, Node>(
    tasks.map((task) => [
      task.task_id,
      { id: task.task_id, isSetup: !!task.is_setup, isTeardown: !!task.is_teardown, above: [], below: [] },
    ]),
  );
  for (const { task_id, downstream_task_ids = [] } of tasks) {
    const node = graph.get(task_id)!;
    for (const id of downstream_task_ids) {
      const target = graph.get(id)!;
      node.below.push(target);
      target.above.push(node);
    }
  }
  return graph;
}

function namedTasks(root: SerializedTaskGroup, graph: Graph, names: readonly string[]): Node[] {
  const groups = tasksByGroup(root);
  const ids = names.flatMap((name) => (graph.has(name) ? name : (groups.get(name) ?? [])));
  return [...new Set(ids)].map((id) => graph.get(id)!);
}

/** Everything before or after a task, without itself. */
function reach(from: Node, direction: "above" | "below"): Set<Node> {
  const reached = new Set<Node>();
  // What is added to a set while it is iterated is visited too.
  for (const next of from[direction]) reached.add(next);
  for (const node of reached) for (const next of node[direction]) reached.add(next);
  return reached;
}

const isWork = (node: Node) => !node.isSetup && !node.isTeardown;
const teardownsOf = (setup: Node) => setup.below.filter((node) => node.isTeardown);

/** The setups that a task runs under, with their teardowns: those torn down after it, and those that never are. */
function setupsOf(node: Node): Node[] {
  const after = reach(node, "below");
  return [...reach(node, "above")]
    .filter((setup) => setup.isSetup)
    .filter((setup) => {
      const teardowns = teardownsOf(setup);
      return teardowns.length === 0 || teardowns.some((teardown) => after.has(teardown));
    })
    .flatMap((setup) => [setup, ...teardownsOf(setup)]);
}

function withTeardowns(nodes: Iterable<Node>): Node[] {
  return [...nodes].flatMap((node) => (node.isSetup ? [node, ...teardownsOf(node)] : [node]));
}
