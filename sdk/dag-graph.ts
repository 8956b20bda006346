import { isTaskGroupRef, isTaskRef, type Node } from "./node.ts";
import type { Operator } from "./operator.ts";
import type { TaskSpec } from "./specs.ts";

/** One argument of a task, as the call wired it. */
export type Binding =
  | { readonly name: string; readonly kind: "xcom"; readonly taskId: string }
  | { readonly name: string; readonly kind: "literal"; readonly value: unknown };

export interface TaskNode {
  readonly kind: "task";
  /** The full id, with the prefixes of its groups. */
  readonly id: string;
  readonly group: GroupNode | null;
  readonly spec: Readonly<TaskSpec>;
  readonly run: ((args: never) => unknown) | Operator<never, unknown>;
  /** Undefined until the factory is called. */
  bindings?: readonly Binding[];
  ref?: Node;
}

export interface GroupNode {
  readonly kind: "group";
  readonly id: string;
  /** The id as written, without prefixes. */
  readonly localId: string;
  readonly group: GroupNode | null;
  readonly prefixGroupId: boolean;
  ref?: Node;
}

export type GraphNode = TaskNode | GroupNode;

/** The nodes and edges of one DAG while its file is loading, and the frozen picture once it has been read. */
export class DagGraph {
  readonly dagId: string;
  readonly nodes = new Map<string, GraphNode>();
  /** Order-only edges, from upstream id to downstream ids, in the order drawn. */
  readonly orderEdges = new Map<string, Set<string>>();
  #read = false;

  constructor(dagId: string) {
    this.dagId = dagId;
  }

  get wasRead(): boolean {
    return this.#read;
  }

  get tasks(): TaskNode[] {
    return [...this.nodes.values()].filter((node) => node.kind === "task");
  }

  get groups(): GroupNode[] {
    return [...this.nodes.values()].filter((node) => node.kind === "group");
  }

  /** Ends declaration; throws when a task was never called. */
  read(): void {
    this.#read = true;
    for (const task of this.tasks) {
      if (task.bindings === undefined) {
        throw new Error(
          `Task "${task.id}" of Dag "${this.dagId}" is never called, so it has no place in the Dag; ` +
            "call the factory dag.task(...) returned",
        );
      }
    }
  }

  add(node: GraphNode): void {
    this.nodes.set(node.id, node);
  }

  /** Draws order-only edges for `before` and `after`; drawing one twice changes nothing. */
  connect(verb: "before" | "after", from: GraphNode, others: readonly Node[]): void {
    if (this.#read) {
      throw new Error(
        `An edge was drawn on Dag "${this.dagId}" after the Dag was read; declare every edge while the module is loading`,
      );
    }
    for (const other of others) {
      const target = this.#ownNode(verb, other);
      if (target === from) {
        throw new Error(
          `${verb}() cannot draw an edge from node "${from.id}" of Dag "${this.dagId}" to itself; ` +
            "an edge orders two different nodes",
        );
      }
      const [upstream, downstream] = verb === "before" ? [from, target] : [target, from];
      const downstreamIds = this.orderEdges.get(upstream.id) ?? new Set();
      this.orderEdges.set(upstream.id, downstreamIds.add(downstream.id));
    }
  }

  #ownNode(verb: string, other: unknown): GraphNode {
    if (!isTaskRef(other) && !isTaskGroupRef(other)) {
      throw new Error(
        `${verb}() on Dag "${this.dagId}" takes tasks and task groups this Dag handed out, not arbitrary values`,
      );
    }
    const id = isTaskRef(other) ? other.taskId : other.groupId;
    if (other.dagId !== this.dagId) {
      throw new Error(
        `${verb}() cannot reach Dag "${other.dagId}" node "${id}" from Dag "${this.dagId}"; ` +
          "an edge joins two nodes of one Dag",
      );
    }
    const node = this.nodes.get(id);
    if (node?.ref !== other) {
      throw new Error(
        `${verb}() was given a reference to "${id}" that this Dag did not hand out; ` +
          `it comes from another Dag object with the same ID, or ${FOREIGN_COPY}`,
      );
    }
    return node;
  }

  /**
   * Every task's downstream tasks: inputs first, then order-only edges, with an edge to a group standing for its
   * roots and an edge from a group for its leaves.
   */
  downstreamTasks(): Map<string, Set<string>> {
    const edges = new Map<string, Set<string>>(this.tasks.map((task) => [task.id, new Set()]));
    for (const task of this.tasks) {
      for (const binding of task.bindings ?? []) {
        if (binding.kind === "xcom") edges.get(binding.taskId)!.add(task.id);
      }
    }
    const drawn = [...this.orderEdges].flatMap(([from, targets]) =>
      [...targets].map((to) => [this.nodes.get(from)!, this.nodes.get(to)!] as const),
    );
    for (const [from, to] of drawn) {
      if (from.kind === "task" && to.kind === "task") edges.get(from.id)!.add(to.id);
    }
    for (const [from, to] of drawn) {
      if (from.kind === "task" && to.kind === "task") continue;
      const leaves = from.kind === "task" ? [from.id] : this.#ends(from, edges, "leaves");
      const roots = to.kind === "task" ? [to.id] : this.#ends(to, edges, "roots");
      for (const leaf of leaves) for (const root of roots) edges.get(leaf)!.add(root);
    }
    return edges;
  }

  /** The tasks of a group, nested groups included, that have nothing upstream (or downstream) inside it. */
  #ends(group: GroupNode, edges: ReadonlyMap<string, ReadonlySet<string>>, which: "roots" | "leaves"): string[] {
    const inside = this.tasks.filter((task) => isInside(task, group)).map((task) => task.id);
    const insideSet = new Set(inside);
    if (which === "leaves") return inside.filter((id) => ![...edges.get(id)!].some((to) => insideSet.has(to)));
    const reached = new Set(inside.flatMap((id) => [...edges.get(id)!]));
    return inside.filter((id) => !reached.has(id));
  }
}

export const FOREIGN_COPY =
  "comes from a different copy of apache-airflow-ts-sdk; deduplicate the dependency so one copy is resolved";

export function isInside(node: GraphNode, group: GroupNode): boolean {
  for (let parent = node.group; parent !== null; parent = parent.group) if (parent === group) return true;
  return false;
}
