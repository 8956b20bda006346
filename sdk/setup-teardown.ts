import type { DagGraph, TaskNode } from "./dag-graph.ts";
import { checkDeclared } from "./declared-at.ts";
import { describeValue, isPlainObject } from "./json.ts";
import type { TaskRef } from "./node.ts";

export interface TeardownOptions {
  /** The setups that the teardown clears away after: they are marked as setups, and edges to it are drawn. */
  readonly setups?: TaskRef | readonly TaskRef[];
  /** Whether the run fails when the teardown does. @default false */
  readonly onFailureFailDagrun?: boolean;
}

export interface SetupTeardown {
  /** Makes the task a setup: what comes after it needs it, and clearing that clears the setup too. */
  asSetup(): this;
  /**
   * Makes the task a teardown: it runs after its setups have succeeded, whatever happened between, and its own
   * failure does not fail the run unless it is told to.
   *
   * ```ts
   * const remove = dag.task("remove", async () => drop())().asTeardown({ setups: create }).after(work);
   * ```
   */
  asTeardown(options?: TeardownOptions): this;
}

/** The rule of every teardown. */
const TEARDOWN_RULE = "all_done_setup_success";
/** What `failFast` lets tasks have. */
const FAIL_FAST_RULES = ["all_success", TEARDOWN_RULE];

export function markSetup(graph: DagGraph, node: TaskNode): void {
  graph.checkOpen();
  if (node.role?.kind === "teardown") {
    throw new Error(`Cannot mark task '${node.id}' as setup; task is already a teardown.`);
  }
  node.role = { kind: "setup" };
}

export function markTeardown(graph: DagGraph, node: TaskNode, options: unknown): void {
  graph.checkOpen();
  const { setups, onFailureFailDagrun } = readOptions(graph, node, options);
  if (node.role?.kind === "setup") {
    throw new Error(`Cannot mark task '${node.id}' as teardown; task is already a setup.`);
  }
  if (node.spec.triggerRule !== undefined && node.spec.triggerRule !== TEARDOWN_RULE) {
    throw new Error(
      `Trigger rule not configurable for teardown tasks: task "${node.id}" of Dag "${graph.dagId}" has ` +
        `triggerRule "${node.spec.triggerRule}"; leave it out`,
    );
  }
  node.role = { kind: "teardown", onFailureFailDagrun };
  for (const setup of setups) {
    const upstream = graph.ownNode("asTeardown()", setup) as TaskNode;
    graph.checkApart("asTeardown()", node, upstream);
    markSetup(graph, upstream);
    graph.order(upstream, node);
  }
}

function readOptions(graph: DagGraph, node: TaskNode, options: unknown) {
  const call = `asTeardown() of task "${node.id}" of Dag "${graph.dagId}"`;
  if (options !== undefined && !isPlainObject(options)) throw new Error(`${call} takes an options object`);
  const { setups = [], onFailureFailDagrun = false, ...others } = options ?? {};
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw new Error(`Unknown option "${unknown}" for ${call}`);
  if (typeof onFailureFailDagrun !== "boolean") {
    throw new Error(`onFailureFailDagrun for ${call} must be a boolean, not ${describeValue(onFailureFailDagrun)}`);
  }
  return { setups: [setups].flat() as readonly unknown[], onFailureFailDagrun };
}

/** The trigger rule of a task. */
export function triggerRuleOf({ role, spec }: TaskNode): string {
  return role?.kind === "teardown" ? TEARDOWN_RULE : (spec.triggerRule ?? "all_success");
}

/**
 * Throws when what follows a setup does not wait for it (Airflow's `validate_setup_teardown`), or a DAG with `failFast`
 * has a task that runs after failures.
 */
export function checkSetupTeardown(
  graph: DagGraph,
  downstream: ReadonlyMap<string, ReadonlySet<string>>,
  failFast: boolean,
): void {
  for (const task of graph.tasks) {
    if (failFast) checkDeclared(task, () => checkFailFast(graph.dagId, task));
    if (task.role?.kind !== "setup") continue;
    for (const id of downstream.get(task.id)!) {
      const after = graph.nodes.get(id) as TaskNode;
      checkDeclared(after, () => checkAfterSetup(graph.dagId, task, after));
    }
  }
}

function checkFailFast(dagId: string, task: TaskNode): void {
  const rule = triggerRuleOf(task);
  if (FAIL_FAST_RULES.includes(rule)) return;
  throw new Error(
    `A 'fail_fast' dag can only have all_success trigger rule: task "${task.id}" of Dag "${dagId}" has ` +
      `triggerRule "${rule}"`,
  );
}

function checkAfterSetup(dagId: string, setup: TaskNode, after: TaskNode): void {
  const rule = triggerRuleOf(after);
  if (after.role?.kind === "teardown" || rule === "all_success") return;
  throw new Error(
    `Setup tasks must be followed with trigger rule ALL_SUCCESS: task "${after.id}" of Dag "${dagId}", ` +
      `which follows the setup "${setup.id}", has triggerRule "${rule}"`,
  );
}
