import { chmod, chown } from "node:fs/promises";
import { materializeBundle } from "#core/dag-code/materialize.ts";
import type { Queryable } from "#core/database/connect.ts";
import { loadVersionCode } from "#core/database/dag-code.ts";
import type { SerializedDagFields, SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { TaskUser } from "./task-user.ts";

/** What a version of a DAG says about its tasks, and where its code is on this machine. */
export interface LoadedVersion {
  readonly codePath: string;
  readonly dag: Omit<SerializedDagFields, "tasks">;
  readonly tasks: ReadonlyMap<string, SerializedTaskFields>;
}

const KEPT = 500;

/**
 * Loads DAG versions, and remembers the last ones: a version never changes.
 * @param reader who runs the code, when that is another user than this process's
 */
export function createDagVersions(
  db: Queryable,
  cacheDir: string,
  reader?: TaskUser,
): (dagVersionId: string) => Promise<LoadedVersion> {
  const versions = new Map<string, Promise<LoadedVersion>>();
  return (id) => {
    const known = versions.get(id);
    const version = known ?? load(db, id, cacheDir, reader);
    // Deleted and set again: the map's order is that of use.
    versions.delete(id);
    versions.set(id, version);
    if (known === undefined) version.catch(() => versions.delete(id));
    if (versions.size > KEPT) versions.delete(versions.keys().next().value!);
    return version;
  };
}

async function load(db: Queryable, id: string, cacheDir: string, reader: TaskUser | undefined): Promise<LoadedVersion> {
  const { bundle, codeHash, dag, tasks } = await loadVersionCode(db, id);
  const codePath = await materializeBundle(bundle, codeHash, cacheDir);
  if (reader !== undefined) await letRead(codePath, reader);
  return { codePath, dag, tasks: new Map(tasks.map(({ __var }) => [__var.task_id, __var])) };
}

async function letRead(path: string, { gid }: TaskUser): Promise<void> {
  await chown(path, process.getuid!(), gid);
  await chmod(path, 0o640);
}
