import type { SerializedDag } from "#sdk/serialized-dag.ts";
import { type DagStructure, readDagStructure } from "../dag-structure/dag-structure.ts";
import { uuid7 } from "../uuid7.ts";
import type { Queryable, Transaction } from "./connect.ts";

/** A DAG version's serialized form; an error when there is no such version. */
export async function loadSerializedDag(db: Queryable, versionId: string): Promise<SerializedDag> {
  const { rows } = await db.query<{ serialized: SerializedDag }>({
    name: "load-serialized-dag",
    text: "select serialized from dag_version where id = $1",
    values: [versionId],
  });
  if (rows[0] === undefined) throw new Error(`There is no DAG version ${versionId}`);
  return rows[0].serialized;
}

/** Reads DAG versions' structures and keeps the ones used last; a version never changes. */
export class DagStructures {
  readonly #kept = new Map<string, DagStructure>();
  readonly #capacity: number;

  /** @param capacity how many structures are kept. @default 500 */
  constructor(capacity = 500) {
    this.#capacity = capacity;
  }

  async load(db: Queryable, versionId: string): Promise<DagStructure> {
    const structure = this.#kept.get(versionId) ?? readDagStructure(await loadSerializedDag(db, versionId));
    // The first of a Map's keys is the one that was not used for longest.
    this.#kept.delete(versionId);
    this.#kept.set(versionId, structure);
    if (this.#kept.size > this.#capacity) this.#kept.delete(this.#kept.keys().next().value!);
    return structure;
  }
}

/** A parsed DAG with the code that it came from. */
export interface ParsedVersion {
  readonly dagId: string;
  readonly serialized: SerializedDag;
  /** Of the serialized form without the file's place. */
  readonly serializedHash: string;
  readonly codeHash: string;
}

/** Holds off everybody else who stores what DAG files hold, or deletes versions and code, until the transaction's end. */
export async function lockStoredFiles(tx: Transaction): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(527, 2)");
}

/** A DAG file's code. */
export interface DagCode {
  /** Of the bundle. */
  readonly codeHash: string;
  /** Of what the bundle does, whatever its lines are. */
  readonly logicHash: string;
  readonly source: string;
  readonly bundle: string;
}

/** Stores a DAG file's source and bundle under the bundle's hash. */
export async function putDagCode(db: Queryable, { codeHash, logicHash, source, bundle }: DagCode): Promise<void> {
  await db.query(
    `insert into dag_code (code_hash, logic_hash, source, bundle) values ($1, $2, $3, $4)
     on conflict (code_hash) do update set logic_hash = excluded.logic_hash where dag_code.logic_hash is null`,
    [codeHash, logicHash, source, bundle],
  );
}

/** The hashes of the serialized forms of those DAGs whose latest version was made by this code. */
export async function findVersionsOfCode(
  db: Queryable,
  codeHash: string,
  dagIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ dagId: string; hash: string }>(
    `select dag.dag_id as "dagId", v.serialized_hash as hash from dag join dag_version v on v.id = dag.dag_version_id
      where dag.dag_id = any($1) and v.code_hash = $2`,
    [dagIds, codeHash],
  );
  return new Map(rows.map(({ dagId, hash }) => [dagId, hash]));
}

interface LatestVersion {
  readonly id: string;
  readonly number: number;
  readonly serializedHash: string;
  readonly codeHash: string;
  /** Whether its code does the same as the new version's, whatever its lines are. */
  readonly doesTheSame: boolean;
}

/**
 * Makes a new version the DAG's latest when its serialized form differs from the latest one's, or what its code does.
 * Where only lines moved, the latest version gets the new text. A version that no run was made with is replaced, under
 * its number: nobody will ask how it was.
 * @param isSame whether a serialized form with another hash is the same all the same. @default none is
 * @returns whether there is a new version
 */
export async function putDagVersion(
  tx: Transaction,
  version: ParsedVersion,
  isSame?: (stored: SerializedDag) => boolean,
): Promise<boolean> {
  const latest = await findLatestVersion(tx, version);
  if (latest?.doesTheSame) {
    const isUnchanged =
      latest.serializedHash === version.serializedHash || isSame?.(await loadSerializedDag(tx, latest.id)) === true;
    if (isUnchanged) {
      if (latest.codeHash !== version.codeHash) await replaceText(tx, latest, version.codeHash);
      return false;
    }
  }
  const isReplaced = latest !== undefined && (await deleteUnusedVersion(tx, latest));
  await tx.query(
    `with added as (
       insert into dag_version (id, dag_id, version_number, serialized_hash, serialized, code_hash)
       values ($1, $2, $3, $4, $5, $6) returning id
     )
     update dag set dag_version_id = added.id from added where dag.dag_id = $2`,
    [
      uuid7(),
      version.dagId,
      latest === undefined ? 1 : latest.number + (isReplaced ? 0 : 1),
      version.serializedHash,
      JSON.stringify(version.serialized),
      version.codeHash,
    ],
  );
  if (isReplaced) await deleteUnusedCode(tx, latest.codeHash);
  return true;
}

async function findLatestVersion(tx: Transaction, version: ParsedVersion): Promise<LatestVersion | undefined> {
  const { rows } = await tx.query<LatestVersion>(
    `select v.id, v.version_number as number, v.serialized_hash as "serializedHash", v.code_hash as "codeHash",
            v.code_hash = $2 or coalesce(
              (select logic_hash from dag_code where code_hash = v.code_hash)
                = (select logic_hash from dag_code where code_hash = $2), false) as "doesTheSame"
       from dag_version v where v.dag_id = $1 order by v.version_number desc limit 1`,
    [version.dagId, version.codeHash],
  );
  return rows[0];
}

async function replaceText(tx: Transaction, { id, codeHash }: LatestVersion, newCodeHash: string): Promise<void> {
  await tx.query("update dag_version set code_hash = $2 where id = $1", [id, newCodeHash]);
  await deleteUnusedCode(tx, codeHash);
}

/** Deletes a version, unless there is a run of it; a run that is being made is waited for. */
async function deleteUnusedVersion(tx: Transaction, { id }: LatestVersion): Promise<boolean> {
  await tx.query("select from dag_version where id = $1 for update", [id]);
  const { rowCount } = await tx.query(
    "delete from dag_version where id = $1 and not exists (select from dag_run where dag_version_id = $1)",
    [id],
  );
  return rowCount === 1;
}

async function deleteUnusedCode(tx: Transaction, codeHash: string): Promise<void> {
  await tx.query(
    "delete from dag_code where code_hash = $1 and not exists (select from dag_version where code_hash = $1)",
    [codeHash],
  );
}
