import type { DagGraph, TaskNode } from "./dag-graph.ts";
import { decidingPlace } from "./deciding-place.ts";
import { describeValue } from "./json.ts";
import { isTaskRef } from "./node.ts";
import { type Decision, isOperator } from "./operator.ts";

/** Whether a task chooses which of the tasks after it are skipped. */
export function isDecider({ decider, run }: TaskNode): boolean {
  return decider !== undefined || (isOperator(run) && run.decide !== undefined);
}

/** What follows from what a deciding task's handler returned; throws when that names no way to go. */
export function decide(graph: DagGraph, node: TaskNode, result: unknown): Decision {
  const { id, decider, run } = node;
  if (isOperator(run) && run.decide !== undefined) return run.decide(result, decidingPlace(graph, id));
  if (decider?.kind === "branch") return chooseCase(graph, id, decider.cases, result);
  if (typeof result !== "boolean") {
    throw new Error(
      `Condition "${id}" of Dag "${graph.dagId}" returned ${describeValue(result)} rather than a boolean, ` +
        "so there is no branch to take",
    );
  }
  const notTaken = result ? decider?.else : decider?.then;
  return { value: result, skipped: notTaken === undefined ? [] : [notTaken.id] };
}

/** A branch chooses one of its cases, or several of them by a list. */
function chooseCase(graph: DagGraph, id: string, cases: readonly TaskNode[], result: unknown): Decision {
  const chosen = (Array.isArray(result) ? result : [result]).map((choice: unknown) => {
    const node = cases.find((task) => task === graph.nodeOf(choice));
    if (node !== undefined) return node;
    const what = isTaskRef(choice) ? `"${choice.taskId}"` : describeValue(choice);
    throw new Error(
      `Task "${id}" of Dag "${graph.dagId}" chose ${what}, which is not one of its cases: ` +
        cases.map((task) => task.id).join(", "),
    );
  });
  const value = Array.isArray(result) ? chosen.map((task) => task.id) : chosen[0]!.id;
  return { value, skipped: cases.filter((task) => !chosen.includes(task)).map((task) => task.id) };
}
