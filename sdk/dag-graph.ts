import { FOREIGN_COPY } from "./brand.ts";
import { checkDeclared, rememberPlace } from "./declared-at.ts";
import type { TaskGroupOptions } from "./group-options.ts";
import { type LabelledNode, readEdgeEnd } from "./label.ts";
import { isTaskGroupRef, isTaskRef, type Node } from "./node.ts";
import type { Operator } from "./operator.ts";
import type { Source } from "./source.ts";
import type { TaskSpec } from "./specs.ts";

/** One argument of a task, as the call wired it. */
export type Binding =
  | { readonly name: string; readonly kind: "xcom"; readonly taskId: string }
  | { readonly name: string; readonly kind: "literal"; readonly value: unknown }
  /** A whole list. */
  | { readonly name: string; readonly kind: "list"; readonly source: Source<string> }
  /** An argument of the mapped group that the task is in. */
  | { readonly name: string; readonly kind: "group-argument"; readonly group: GroupNode; readonly key: string };

/** What is expanded over: written in the file, or made of tasks' results. */
export type Expandable<L> =
  | { readonly kind: "literal"; readonly value: L }
  | { readonly kind: "source"; readonly source: Source<string> };

/** How many instances a mapped task or group has, and with what arguments (Airflow's `expandinput.py`). */
export type ExpandInput =
  /** Every combination of the arguments' items; the first argument varies slowest. */
  | { readonly kind: "dict-of-lists"; readonly lists: ReadonlyMap<string, Expandable<readonly unknown[] | object>> }
  /** One instance for each object of arguments. */
  | { readonly kind: "list-of-dicts"; readonly of: Expandable<readonly Readonly<Record<string, unknown>>[]> };

/** What a task is beside others' work: it prepares something, or clears it away whatever happened between. */
export type SetupRole =
  | { readonly kind: "setup" }
  | { readonly kind: "teardown"; readonly onFailureFailDagrun: boolean };

export interface TaskNode {
  readonly kind: "task";
  /** The full id, with the prefixes of its groups. */
  readonly id: string;
  readonly group: GroupNode | null;
  readonly spec: Readonly<TaskSpec>;
  readonly run: ((args: never) => unknown) | Operator<never, unknown>;
  /** Undefined until the factory is called. */
  bindings?: readonly Binding[];
  /** Set on a mapped task: what its other arguments are expanded over. */
  expand?: ExpandInput;
  role?: SetupRole;
  /** Set on a task that chooses which of the tasks after it are skipped. */
  decider?: Decider;
}

/** Between what a task decides; what is not taken is skipped. */
export type Decider =
  | { readonly kind: "condition"; then?: TaskNode; else?: TaskNode }
  | { readonly kind: "branch"; readonly cases: TaskNode[] };

export interface GroupNode {
  readonly kind: "group";
  readonly id: string;
  /** The id as written, without prefixes. */
  readonly localId: string;
  readonly group: GroupNode | null;
  readonly prefixGroupId: boolean;
  /** How graphs show it. */
  readonly look: Readonly<Pick<TaskGroupOptions, "groupDisplayName" | "tooltip" | "uiColor" | "uiFgcolor" | "docMd">>;
  /** What its tasks say by default, with what the groups around it and the DAG say. */
  readonly defaultArgs: Readonly<TaskSpec>;
  /** Set on a mapped group. */
  expand?: ExpandInput;
}

export type GraphNode = TaskNode | GroupNode;

/** Whether a node is in a group, at any depth. */
export function isInside(node: GraphNode, group: GroupNode): boolean {
  for (let parent = node.group; parent !== null; parent = parent.group) if (parent === group) return true;
  return false;
}

/** The mapped group that a node is in, itself aside; only one can be. */
export function mappedGroupOf(node: GraphNode): GroupNode | null {
  for (let group = node.group; group !== null; group = group.group) if (group.expand !== undefined) return group;
  return null;
}

/** The nodes and edges of one DAG while its file is loading, and the frozen picture once it has been read. */
export class DagGraph {
  readonly dagId: string;
  readonly nodes = new Map<string, GraphNode>();
  /** Edges that carry no data, in the order drawn; none twice. */
  readonly orderEdges: (readonly [upstream: GraphNode, downstream: GraphNode])[] = [];
  /** Texts beside order-only edges. */
  readonly edgeLabels = new Map<GraphNode, Map<GraphNode, string>>();
  /** What tasks say that do not say it themselves. */
  readonly defaultArgs: Readonly<TaskSpec>;
  readonly #drawn = new Map<GraphNode, Set<GraphNode>>();
  readonly #refs = new WeakMap<object, GraphNode>();
  #read = false;
  #isWhole = false;

  constructor(dagId: string, defaultArgs: Readonly<TaskSpec> = {}) {
    this.dagId = dagId;
    this.defaultArgs = defaultArgs;
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

  /** Ends declaration; throws when a branch leads nowhere or a task was never called, each time it is asked. */
  read(): void {
    this.#read = true;
    if (this.#isWhole) return;
    const { tasks } = this;
    for (const check of [checkCondition, checkBranch, checkCalled]) {
      for (const task of tasks) checkDeclared(task, () => check(this.dagId, task));
    }
    this.#isWhole = true;
  }

  add(node: GraphNode): void {
    rememberPlace(node);
    this.nodes.set(node.id, node);
  }

  /** Remembers a reference that is handed out, so that it is told from look-alikes. */
  handOut<R extends Node>(node: GraphNode, ref: R): R {
    this.#refs.set(ref, node);
    return ref;
  }

  /** The node that a value refers to, if this graph handed it out. */
  nodeOf(ref: unknown): GraphNode | undefined {
    return typeof ref === "object" && ref !== null ? this.#refs.get(ref) : undefined;
  }

  /** Draws order-only edges for `before` and `after`; drawing one twice changes nothing but its label. */
  connect(verb: "before" | "after", from: GraphNode, others: readonly (Node | LabelledNode)[]): void {
    this.checkOpen();
    for (const other of others) {
      const { node, label } = readEdgeEnd(other);
      const target = this.ownNode(`${verb}()`, node);
      this.checkApart(`${verb}()`, from, target);
      const [upstream, downstream] = verb === "before" ? [from, target] : [target, from];
      this.order(upstream, downstream);
      if (label !== undefined) this.#labelEdge(upstream, downstream, label);
    }
  }

  #labelEdge(upstream: GraphNode, downstream: GraphNode, label: string): void {
    const labels = this.edgeLabels.get(upstream) ?? new Map<GraphNode, string>();
    this.edgeLabels.set(upstream, labels.set(downstream, label));
  }

  /** Draws one order-only edge. */
  order(upstream: GraphNode, downstream: GraphNode): void {
    const drawn = this.#drawn.get(upstream) ?? new Set();
    if (drawn.has(downstream)) return;
    this.#drawn.set(upstream, drawn.add(downstream));
    this.orderEdges.push([upstream, downstream]);
  }

  /** Throws when the DAG was read already. */
  checkOpen(): void {
    if (!this.#read) return;
    throw new Error(
      `An edge was drawn on Dag "${this.dagId}" after the Dag was read; declare every edge while the module is loading`,
    );
  }

  /** @param who draws the edge, for the message: `before()` */
  checkApart(who: string, from: GraphNode, to: GraphNode): void {
    if (from !== to) return;
    throw new Error(
      `${who} cannot draw an edge from node "${from.id}" of Dag "${this.dagId}" to itself; ` +
        "an edge orders two different nodes",
    );
  }

  /**
   * The node of this DAG that a value refers to; throws when it refers to none.
   * @param who was given the value, for the message: `before()`
   */
  ownNode(who: string, other: unknown): GraphNode {
    if (!isTaskRef(other) && !isTaskGroupRef(other)) {
      throw new Error(
        `${who} on Dag "${this.dagId}" takes tasks and task groups this Dag handed out, not arbitrary values`,
      );
    }
    const id = isTaskRef(other) ? other.taskId : other.groupId;
    if (other.dagId !== this.dagId) {
      throw new Error(
        `${who} cannot reach Dag "${other.dagId}" node "${id}" from Dag "${this.dagId}"; ` +
          "an edge joins two nodes of one Dag",
      );
    }
    const node = this.nodeOf(other);
    if (node === undefined) {
      throw new Error(
        `${who} was given a reference to "${id}" that this Dag did not hand out; ` +
          `it comes from another Dag object with the same ID, or ${FOREIGN_COPY}`,
      );
    }
    return node;
  }
}

function checkCondition(dagId: string, { id, decider }: TaskNode): void {
  if (decider?.kind !== "condition" || decider.then !== undefined || decider.else !== undefined) return;
  throw new Error(
    `Condition "${id}" of Dag "${dagId}" names no branch, so it decides nothing; ` +
      "give it one with dag.if(handler, inputs).then(task)",
  );
}

function checkBranch(dagId: string, { id, decider }: TaskNode): void {
  if (decider?.kind !== "branch" || decider.cases.length > 0) return;
  throw new Error(
    `Branch "${id}" of Dag "${dagId}" has no cases, so it decides nothing; ` +
      "give it the tasks to choose between with dag.switch(handler, inputs).case(task)",
  );
}

function checkCalled(dagId: string, { id, bindings }: TaskNode): void {
  if (bindings !== undefined) return;
  throw new Error(
    `Task "${id}" of Dag "${dagId}" is never called, so it has no place in the Dag; ` +
      "call the factory dag.task(...) returned",
  );
}
