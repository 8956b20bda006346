import { bindInputs } from "./bind-inputs.ts";
import type { DagGraph, TaskNode } from "./dag-graph.ts";
import { addTask } from "./declare-task.ts";
import { checkDeclared } from "./declared-at.ts";
import { isPlainObject } from "./json.ts";
import { isTaskGroupRef, isTaskRef, type Node, type TaskInputs, type TaskRef } from "./node.ts";
import type { TaskOptions } from "./specs.ts";
import { makeTaskRef } from "./task-ref.ts";

/** What `dag.if` and `dag.switch` take after the handler. */
export type DeciderArgs<A> = [A] extends [void]
  ? [inputs?: undefined, spec?: TaskOptions]
  : [inputs: TaskInputs<A>, spec?: TaskOptions];

/** What a condition may lead to. */
export type BranchTarget = TaskRef | Condition | Branch;

/** A placed condition: a task that decides which of its two branches runs; the other is skipped. */
export interface Condition extends Node {
  readonly taskId: string;
  /** Names what runs when the condition holds. */
  then(target: BranchTarget): ConditionElse;
}

export interface ConditionElse {
  /** Names what runs when the condition does not hold. */
  else(target: BranchTarget): void;
}

/** A placed branch: a task that chooses one of its cases; the others are skipped. */
export interface Branch extends Node {
  readonly taskId: string;
  /** Names a task to choose from. */
  case(target: TaskRef): Branch;
}

/** `dag.if`: `rest` holds inputs and options. */
export function declareCondition(graph: DagGraph, decides: unknown, rest: readonly unknown[]): Condition {
  const node = placeDecider(graph, "if", decides, rest);
  const decider: { kind: "condition"; then?: TaskNode; else?: TaskNode } = { kind: "condition" };
  node.decider = decider;
  const take = (side: "then" | "else", target: unknown) => {
    // What awaits calls this later, when nothing tells any more where the file does so.
    checkDeclared(node, () => checkAwait(graph, "if", target));
    graph.checkOpen();
    const condition = `Dag "${graph.dagId}" condition "${node.id}"`;
    if (decider[side] !== undefined) {
      throw new Error(
        `Condition "${node.id}" of Dag "${graph.dagId}" already has a "${side}" branch; a condition names each side once`,
      );
    }
    const group = `The "${side}" branch of ${condition} has to be a task, not a task group`;
    const task = targetTask(graph, node, `the "${side}" branch of "${node.id}"`, group, target);
    if (task === decider[side === "then" ? "else" : "then"]) {
      throw new Error(
        `Both branches of ${condition} are "${task.id}", so the condition decides nothing; drop the else branch`,
      );
    }
    decider[side] = task;
    graph.order(node, task);
  };
  return makeTaskRef<Condition>(graph, node, {
    // biome-ignore lint/suspicious/noThenProperty: the interface of Airflow's SDK; an await is refused.
    then(target: unknown) {
      take("then", target);
      return Object.freeze({ else: (other: unknown) => take("else", other) });
    },
  });
}

/** `dag.switch`: `rest` holds inputs and options. */
export function declareBranch(graph: DagGraph, decides: unknown, rest: readonly unknown[]): Branch {
  const node = placeDecider(graph, "switch", decides, rest);
  const cases: TaskNode[] = [];
  node.decider = { kind: "branch", cases };
  const ref: Branch = makeTaskRef<Branch>(graph, node, {
    case(target: unknown) {
      graph.checkOpen();
      const group = `A case of Dag "${graph.dagId}" branch "${node.id}" has to be a task, not a task group`;
      const task = targetTask(graph, node, `a case of "${node.id}"`, group, target);
      if (cases.includes(task)) {
        throw new Error(
          `Dag "${graph.dagId}" branch "${node.id}" lists "${task.id}" twice; each case names a different task`,
        );
      }
      cases.push(task);
      graph.order(node, task);
      return ref;
    },
  });
  return ref;
}

/** Declares the deciding task and gives it its place, unless an already placed one is to decide. */
function placeDecider(graph: DagGraph, name: "if" | "switch", decides: unknown, rest: readonly unknown[]): TaskNode {
  if (isTaskRef(decides)) return placedDecider(graph, name, decides);
  // A string in place of the inputs is the task's id: a spelling that Airflow's SDK had for a while.
  const [inputs, options] = typeof rest[0] === "string" ? [undefined, withId(rest[0], rest[1])] : rest;
  const node = addTask(graph, null, [decides, options]);
  bindInputs(graph, node, inputs === undefined ? [] : [inputs]);
  return node;
}

function withId(taskId: string, options: unknown): unknown {
  return isPlainObject(options) || options === undefined ? { ...options, taskId } : options;
}

function placedDecider(graph: DagGraph, name: "if" | "switch", ref: TaskRef): TaskNode {
  if (graph.wasRead) {
    throw new Error(
      `dag.${name}(...) cannot be used on Dag "${graph.dagId}" after the Dag was read; ` +
        "declare every branch while the module is loading",
    );
  }
  const node = graph.ownNode(`the condition given to dag.${name}`, ref) as TaskNode;
  if (node.decider !== undefined) {
    throw new Error(`Task "${node.id}" of Dag "${graph.dagId}" already decides a branch; one task decides one way`);
  }
  return node;
}

function targetTask(graph: DagGraph, from: TaskNode, who: string, groupMessage: string, target: unknown): TaskNode {
  if (isTaskGroupRef(target)) throw new Error(groupMessage);
  const task = graph.ownNode(who, target) as TaskNode;
  graph.checkApart(who, from, task);
  return task;
}

/** `await` calls `then` with two functions. */
function checkAwait(graph: DagGraph, name: string, target: unknown): void {
  if (typeof target !== "function") return;
  throw new Error(
    `dag.${name}(...) of Dag "${graph.dagId}" was awaited. It builds a branch rather than doing work, ` +
      "so there is nothing to wait for; drop the await",
  );
}
