import { brandOf } from "./brand.ts";
import { collectDag } from "./collect.ts";
import { type Branch, type Condition, type DeciderArgs, declareBranch, declareCondition } from "./control-flow.ts";
import { DagGraph } from "./dag-graph.ts";
import { checkMacros, refuseUnsupportedOfDag } from "./dag-options.ts";
import { declareGroup, type TaskDeclarer, type TaskGroupRef } from "./declare-group.ts";
import { declareTask } from "./declare-task.ts";
import { rememberPlace } from "./declared-at.ts";
import { recordSpec } from "./fields.ts";
import { readDefaultArgs, type TaskGroupOptions } from "./group-options.ts";
import { checkKey } from "./ids.ts";
import { isPlainObject } from "./json.ts";
import type { TaskFactory, TaskFunction, TaskRef } from "./node.ts";
import type { Operator } from "./operator.ts";
import { TRIGGER_OPTIONS, type TriggerDagRunSpec, triggerDagRun } from "./operators/trigger-dag-run.ts";
import { DAG_SPEC_KEYS, type DagSpec, type TaskOptions } from "./specs.ts";

/** What a branch's handler may return. */
type Chosen = TaskRef | readonly TaskRef[];

/**
 * A DAG: tasks, and the order in which they run. The interface is that of Airflow's TypeScript SDK.
 *
 * ```ts
 * const dag = new Dag("greet", { schedule: "@daily" });
 * const name = dag.task("name", async () => "Daisy")();
 * dag.task("hello", async ({ name }: { name: string }) => console.log(`Hello ${name}`))({ name });
 * ```
 */
export class Dag implements TaskDeclarer {
  readonly dagId: string;
  /** A deeply frozen copy of what was given. */
  readonly spec: Readonly<DagSpec>;
  readonly #graph: DagGraph;

  constructor(dagId: string, spec?: DagSpec) {
    rememberPlace(this);
    checkKey("dag_id", dagId);
    this.dagId = dagId;
    refuseUnsupportedOfDag(`Dag "${dagId}"`, spec);
    checkMacros(`Dag "${dagId}"`, spec);
    this.spec = recordDagSpec(`Dag "${dagId}"`, spec);
    this.#graph = new DagGraph(dagId, this.spec.defaultArgs);
    collectDag(this);
  }

  /** The full ids of the declared tasks, in declaration order. */
  get taskIds(): readonly string[] {
    return this.#graph.tasks.map((task) => task.id);
  }

  task<A extends object | void = void, R = unknown>(
    ...declaration:
      | [taskId: string, run: TaskFunction<A, R> | Operator<A, R>, options?: TaskOptions]
      | [run: TaskFunction<A, R> | Operator<A, R>, options?: TaskOptions]
  ): TaskFactory<A, R> {
    return declareTask(this.#graph, null, declaration) as TaskFactory<A, R>;
  }

  taskGroup(groupId: string, options?: TaskGroupOptions): TaskGroupRef {
    return declareGroup(this.#graph, null, groupId, options);
  }

  /**
   * Declares and places a task whose handler says by a boolean which of two branches runs; the other is skipped.
   *
   * ```ts
   * dag.if(async ({ rows }: { rows: number }) => rows > 0, { rows }, { taskId: "any_rows" }).then(load).else(warn);
   * ```
   */
  if<A extends object | void = void>(
    handler: (args: A) => boolean | Promise<boolean>,
    ...rest: DeciderArgs<A>
  ): Condition;
  /** The older spelling: an already placed task decides. */
  if(task: TaskRef<boolean>): Condition;
  if(decides: unknown, ...rest: readonly unknown[]): Condition {
    return declareCondition(this.#graph, decides, rest);
  }

  /**
   * Declares and places a task whose handler returns the one of its cases that runs, or a list of them; the others are
   * skipped.
   *
   * ```ts
   * dag.switch(async function pick_size() { return small; }).case(small).case(large);
   * ```
   */
  switch<A extends object | void = void>(
    handler: (args: A) => Chosen | Promise<Chosen>,
    ...rest: DeciderArgs<A>
  ): Branch;
  /** The older spelling: an already placed task decides. */
  switch(task: TaskRef<TaskRef>): Branch;
  switch(decides: unknown, ...rest: readonly unknown[]): Branch {
    return declareBranch(this.#graph, decides, rest);
  }

  /** The older spelling of `dag.task(triggerDagRun(spec), options)()`, with options and spec in one. */
  triggerDagRun(spec: TriggerDagRunSpec & Omit<TaskOptions, "taskId"> & { taskId: string }): TaskRef<void> {
    const entries = Object.entries(spec);
    const ofTrigger = (key: string) => TRIGGER_OPTIONS.includes(key);
    const trigger = Object.fromEntries(entries.filter(([key]) => ofTrigger(key))) as unknown as TriggerDagRunSpec;
    const options: TaskOptions = Object.fromEntries(entries.filter(([key]) => !ofTrigger(key)));
    return this.task(triggerDagRun(trigger), options)();
  }

  get [brandOf("Dag")](): true {
    return true;
  }

  /** The graph as declared so far. */
  static graphOf(dag: Dag): DagGraph {
    return dag.#graph;
  }

  /** Ends declaration and gives the graph to serialization and to the process that runs tasks. */
  static read(dag: Dag): DagGraph {
    dag.#graph.read();
    return dag.#graph;
  }
}

/** What tasks say by default is recorded as a task's spec is: it may hold functions. */
function recordDagSpec(label: string, spec: DagSpec | undefined): Readonly<DagSpec> {
  if (!isPlainObject(spec) || !Object.hasOwn(spec, "defaultArgs")) return recordSpec(label, spec, DAG_SPEC_KEYS);
  const { defaultArgs, ...rest } = spec as DagSpec;
  return Object.freeze({
    ...recordSpec<DagSpec>(label, rest, DAG_SPEC_KEYS),
    defaultArgs: readDefaultArgs(label, defaultArgs),
  });
}
