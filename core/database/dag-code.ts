import type { SerializedDag, SerializedDagFields, SerializedTask } from "#sdk/serialized-dag.ts";
import type { Queryable } from "./connect.ts";

/** What it takes to run the tasks of a DAG version. */
export interface VersionCode {
  readonly codeHash: string;
  readonly bundle: string;
  readonly dag: Omit<SerializedDagFields, "tasks">;
  readonly tasks: readonly SerializedTask[];
}

/** A DAG version's tasks and code; an error when there is no such version. */
export async function loadVersionCode(db: Queryable, versionId: string): Promise<VersionCode> {
  const { rows } = await db.query<{ code_hash: string; bundle: string; serialized: SerializedDag }>(
    `select code_hash, bundle, serialized from dag_version join dag_code using (code_hash) where id = $1`,
    [versionId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`There is no DAG version ${versionId}`);
  const { tasks, ...dag } = row.serialized.dag;
  return { codeHash: row.code_hash, bundle: row.bundle, dag, tasks };
}
