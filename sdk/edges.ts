import { type DagGraph, type GraphNode, type GroupNode, isInside, type TaskNode } from "./dag-graph.ts";
import { expandUpstreams } from "./expand-input.ts";
import { upstreamsOf } from "./source.ts";

/** What a task group's edges lead to, by full id. */
export interface GroupLinks {
  readonly upstreamGroups: Set<string>;
  readonly downstreamGroups: Set<string>;
  readonly upstreamTasks: Set<string>;
  readonly downstreamTasks: Set<string>;
}

export interface ResolvedEdges {
  /** Every task's downstream tasks, by id. */
  readonly downstream: ReadonlyMap<string, ReadonlySet<string>>;
  /** Of each group that has an edge of its own. */
  readonly groupLinks: ReadonlyMap<GroupNode, GroupLinks>;
  /** Labels of edges between tasks: upstream id, downstream id. */
  readonly edgeInfo: EdgeInfo;
}

export type EdgeInfo = Readonly<Record<string, Readonly<Record<string, { readonly label: string }>>>>;

/**
 * The edges between tasks: inputs first, then edges drawn between tasks, then those of groups in the order drawn,
 * each seeing what the earlier ones linked. A group stands for its roots downstream and for its leaves upstream.
 */
export function resolveEdges(graph: DagGraph): ResolvedEdges {
  const downstream = new Map<string, Set<string>>(graph.tasks.map((task) => [task.id, new Set()]));
  const groupLinks = new Map<GroupNode, GroupLinks>();
  const edgeInfo: Record<string, Record<string, { label: string }>> = {};
  const labelEdge = (from: GraphNode, to: GraphNode, up: string, down: string) => {
    const label = graph.edgeLabels.get(from)?.get(to);
    if (label !== undefined) edgeInfo[up] = { ...edgeInfo[up], [down]: { label } };
  };
  for (const task of graph.tasks) {
    for (const upstream of inputsOf(task)) downstream.get(upstream)!.add(task.id);
  }
  for (const [from, to] of graph.orderEdges) {
    if (from.kind !== "task" || to.kind !== "task") continue;
    downstream.get(from.id)!.add(to.id);
    labelEdge(from, to, from.id, to.id);
  }
  for (const [from, to] of graph.orderEdges) {
    if (from.kind === "task" && to.kind === "task") continue;
    const leaves = endsOf(graph, from, "upstream", downstream);
    const roots = endsOf(graph, to, "downstream", downstream);
    for (const leaf of leaves) {
      for (const root of roots) {
        downstream.get(leaf)!.add(root);
        labelEdge(from, to, leaf, root);
      }
    }
    recordLinks(groupLinks, from, to, leaves);
  }
  return { downstream, groupLinks, edgeInfo };
}

/** The tasks whose results a task reads, in the order of its arguments. */
function inputsOf({ bindings = [], expand }: TaskNode): string[] {
  const bound = bindings.flatMap((binding) => {
    if (binding.kind === "xcom") return [binding.taskId];
    if (binding.kind === "list") return upstreamsOf(binding.source);
    return binding.kind === "group-argument" ? expandUpstreams(binding.group.expand!) : [];
  });
  return expand === undefined ? bound : [...bound, ...expandUpstreams(expand)];
}

function recordLinks(
  groupLinks: Map<GroupNode, GroupLinks>,
  from: GraphNode,
  to: GraphNode,
  leaves: ReadonlySet<string>,
): void {
  if (to.kind === "group") {
    const links = linksOf(groupLinks, to);
    for (const leaf of leaves) links.upstreamTasks.add(leaf);
    if (from.kind === "group") links.upstreamGroups.add(from.id);
  }
  if (from.kind === "group") {
    const links = linksOf(groupLinks, from);
    if (to.kind === "group") links.downstreamGroups.add(to.id);
    else links.downstreamTasks.add(to.id);
  }
}

function linksOf(groupLinks: Map<GroupNode, GroupLinks>, group: GroupNode): GroupLinks {
  const known = groupLinks.get(group);
  if (known !== undefined) return known;
  const links: GroupLinks = {
    upstreamGroups: new Set(),
    downstreamGroups: new Set(),
    upstreamTasks: new Set(),
    downstreamTasks: new Set(),
  };
  groupLinks.set(group, links);
  return links;
}

type Side = "upstream" | "downstream";
type TaskEdges = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The tasks that one end of an edge stands for. A group without tasks is stepped over along its own edges; an
 * upstream one with nothing beyond stands for the leaves of the group that it is in.
 */
function endsOf(
  graph: DagGraph,
  node: GraphNode,
  side: Side,
  edges: TaskEdges,
  seen: ReadonlySet<GraphNode> = new Set(),
): Set<string> {
  if (node.kind === "task") return new Set([node.id]);
  if (seen.has(node)) return new Set();
  const inside = tasksInside(graph, node);
  if (inside.length > 0) return side === "upstream" ? leavesOf(graph, inside, edges) : rootsOf(inside, edges);
  const withThis = new Set(seen).add(node);
  const beyond = graph.orderEdges
    .filter(([from, to]) => node === (side === "upstream" ? to : from))
    .map(([from, to]) => (side === "upstream" ? from : to));
  const found = new Set(beyond.flatMap((other) => [...endsOf(graph, other, side, edges, withThis)]));
  if (found.size > 0 || side === "downstream" || node.group === null) return found;
  return endsOf(graph, node.group, side, edges, withThis);
}

/**
 * The last tasks of a group. What follows a group does not wait for its teardowns: in place of one stand the tasks
 * before it, other than setups, that nothing but teardowns follows (Airflow's `TaskGroup.get_leaves`).
 */
function leavesOf(graph: DagGraph, inside: readonly string[], edges: TaskEdges): Set<string> {
  const own = new Set(inside);
  const after = (id: string) => [...edges.get(id)!].filter((to) => own.has(to));
  const role = (id: string) => (graph.nodes.get(id) as TaskNode).role?.kind;
  const leaves = new Set<string>();
  const seen = new Set<string>();
  const stepBack = (teardown: string) => {
    seen.add(teardown);
    for (const id of inside) {
      if (!edges.get(id)!.has(teardown) || role(id) === "setup") continue;
      if (role(id) === "teardown") {
        if (!seen.has(id)) stepBack(id);
      } else if (after(id).every((to) => role(to) === "teardown")) leaves.add(id);
    }
  };
  for (const id of inside) {
    if (after(id).length > 0) continue;
    if (role(id) === "teardown") stepBack(id);
    else leaves.add(id);
  }
  return leaves;
}

/** Those of some tasks that none of the others comes before. */
export function rootsOf(inside: readonly string[], edges: TaskEdges): Set<string> {
  const reached = new Set(inside.flatMap((id) => [...edges.get(id)!]));
  return new Set(inside.filter((id) => !reached.has(id)));
}

/** The ids of a group's tasks, those of the groups in it included. */
export function tasksInside(graph: DagGraph, group: GroupNode): string[] {
  return graph.tasks.filter((task) => isInside(task, group)).map((task) => task.id);
}
