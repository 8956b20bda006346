import { brandOf, FOREIGN_COPY, isBranded } from "./brand.ts";
import { isCollecting } from "./collect.ts";
import { Dag } from "./dag.ts";
import { decide } from "./decide.ts";
import type { TaskFunction } from "./node.ts";
import { isOperator } from "./operator.ts";
import { TaskHandler } from "./task-handler.ts";

export type Registerable = Dag | TaskHandler<never, unknown>;
type Handlers = ReadonlyMap<string, TaskHandler<never, unknown>>;

/**
 * What a file made for Airflow serves. Daisy finds the DAGs of a file by itself, so that here a bundle only checks
 * what it is given, and `serve` has nothing to do while a file is being loaded.
 */
export class Bundle {
  #dags: ReadonlyMap<string, Dag> = new Map();
  /** By DAG id, then by task id. */
  #handlers: ReadonlyMap<string, Handlers> = new Map();

  constructor(...items: Registerable[]) {
    this.register(...items);
  }

  get [brandOf("Bundle")](): true {
    return true;
  }

  /** Registers all of the items, or throws and registers none. */
  register(...items: Registerable[]): void {
    const dags = new Map(this.#dags);
    const handlers = new Map(this.#handlers);
    for (const item of items as readonly unknown[]) {
      if (item instanceof Dag) addDag(item, dags, handlers);
      else if (item instanceof TaskHandler) addHandler(item, dags, handlers);
      else throw refusal(item);
    }
    this.#dags = dags;
    this.#handlers = handlers;
  }

  /** What runs for a task; of a task that decides, a function that gives its decision; undefined for operators. */
  getTaskHandler(dagId: string, taskId: string): TaskFunction<never> | undefined {
    const handler = this.#handlers.get(dagId)?.get(taskId);
    if (handler !== undefined) return TaskHandler.functionOf(handler);
    const dag = this.#dags.get(dagId);
    if (dag === undefined) return undefined;
    const graph = Dag.graphOf(dag);
    const node = graph.nodes.get(taskId);
    if (node?.kind !== "task" || isOperator(node.run)) return undefined;
    const { run, decider } = node;
    return decider === undefined ? run : async (args: never) => decide(graph, node, await run(args)).value;
  }

  /** Does nothing while Daisy loads the file; throws otherwise, because Daisy serves DAG files by itself. */
  async serve(): Promise<void> {
    if (!(this instanceof Bundle)) {
      if (isBranded(this, brandOf("Bundle")))
        throw new Error(`The bundle bundle.serve() was called on ${FOREIGN_COPY}`);
      throw new Error("bundle.serve() must be called on a Bundle; build one with new Bundle(...)");
    }
    if (isCollecting()) return;
    throw new Error(
      "bundle.serve() has nothing to serve: Daisy loads DAG files by itself. Put the file into the DAGs folder",
    );
  }
}

function addDag(dag: Dag, dags: Map<string, Dag>, handlers: ReadonlyMap<string, Handlers>): void {
  const label = `Dag "${dag.dagId}"`;
  if (dags.has(dag.dagId)) throw new Error(`${label} is already registered`);
  if (handlers.has(dag.dagId)) {
    throw new Error(
      `${label} already has registered task handlers; a Dag declared in TypeScript owns its own tasks, ` +
        "so one Dag ID cannot have both",
    );
  }
  dags.set(dag.dagId, dag);
}

function addHandler(
  handler: TaskHandler<never, unknown>,
  dags: ReadonlyMap<string, Dag>,
  handlers: Map<string, Handlers>,
): void {
  const { dagId, taskId } = handler;
  if (dags.has(dagId)) {
    throw new Error(
      `Dag "${dagId}" is declared in TypeScript; attach its tasks with dag.task(...) rather than registering ` +
        "task handlers for them",
    );
  }
  const ofDag = handlers.get(dagId);
  if (ofDag?.has(taskId)) throw new Error(`A handler for Dag "${dagId}" task "${taskId}" is already registered`);
  handlers.set(dagId, new Map(ofDag).set(taskId, handler));
}

function refusal(item: unknown): Error {
  const { dagId, taskId } = (item ?? {}) as { dagId?: unknown; taskId?: unknown };
  if (isBranded(item, brandOf("Dag"))) return new Error(`Dag "${dagId}" ${FOREIGN_COPY}`);
  if (isBranded(item, brandOf("TaskHandler"))) {
    return new Error(`Task handler for Dag "${dagId}" task "${taskId}" ${FOREIGN_COPY}`);
  }
  return new Error("only Dag and TaskHandler instances can be registered");
}
