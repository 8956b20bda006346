import { materializeBundle } from "#core/dag-code/materialize.ts";
import type { Queryable } from "#core/database/connect.ts";
import { loadVersionCode } from "#core/database/dag-code.ts";
import type { SerializedDagFields, SerializedTaskFields } from "#sdk/serialized-dag.ts";

/** What a version of a DAG says about its tasks, and where its code is on this machine. */
export interface LoadedVersion {
  readonly codePath: string;
  readonly dag: Omit<SerializedDagFields, "tasks">;
  readonly tasks: ReadonlyMap<string, SerializedTaskFields>;
}

const KEPT = 500;

/** Loads DAG versions, and remembers the last ones: a version never changes. */
export function createDagVersions(db: Queryable, cacheDir: string): (dagVersionId: string) => Promise<LoadedVersion> {
  const versions = new Map<string, Promise<LoadedVersion>>();
  return (id) => {
    const known = versions.get(id);
    const version = known ?? load(db, id, cacheDir);
    // Deleted and set again: the map's order is that of use.
    versions.delete(id);
    versions.set(id, version);
    if (known === undefined) version.catch(() => versions.delete(id));
    if (versions.size > KEPT) versions.delete(versions.keys().next().value!);
    return version;
  };
}

async function load(db: Queryable, id: string, cacheDir: string): Promise<LoadedVersion> {
  const { bundle, codeHash, dag, tasks } = await loadVersionCode(db, id);
  const codePath = await materializeBundle(bundle, codeHash, cacheDir);
  return { codePath, dag, tasks: new Map(tasks.map(({ __var }) => [__var.task_id, __var])) };
}
