import { brandOf } from "./brand.ts";
import type { TaskFunction } from "./node.ts";

/**
 * Code for a task that a Python DAG declares. Its ids are written out, with the prefixes of groups. Daisy runs
 * no Python DAGs: it takes such a handler so that a file made for Airflow loads.
 */
export class TaskHandler<A = void, R = unknown> {
  readonly dagId: string;
  readonly taskId: string;
  readonly #handler: TaskFunction<A, R>;

  constructor(dagId: string, taskId: string, handler: TaskFunction<A, R>) {
    for (const [name, id] of Object.entries({ dagId, taskId })) {
      if (typeof id === "string" && id !== "") continue;
      throw new Error(`${name} for a task handler must be a non-empty string`);
    }
    if (typeof handler !== "function") {
      throw new Error(`handler for Dag "${dagId}" task "${taskId}" must be a function`);
    }
    this.dagId = dagId;
    this.taskId = taskId;
    this.#handler = handler;
  }

  get [brandOf("TaskHandler")](): true {
    return true;
  }

  /** The function, for the bundle that the handler is registered in. */
  static functionOf<A, R>(handler: TaskHandler<A, R>): TaskFunction<A, R> {
    return handler.#handler;
  }
}
