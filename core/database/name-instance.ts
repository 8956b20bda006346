import type { Queryable } from "./connect.ts";

/** The longest name that Airflow keeps. */
const LONGEST_NAME = 250;

/** Gives the instance of a mapped task that a try runs the name by which it is shown. */
export async function storeInstanceName(db: Queryable, tryId: string, name: string): Promise<void> {
  await db.query("update task_instance set rendered_map_index = $2 where id = $1 and state = 'running'", [
    tryId,
    name.slice(0, LONGEST_NAME),
  ]);
}
