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

/** Stores a DAG file's source and bundle under the bundle's hash. */
export async function putDagCode(db: Queryable, codeHash: string, source: string, bundle: string): Promise<void> {
  await db.query(
    "insert into dag_code (code_hash, source, bundle) values ($1, $2, $3) on conflict (code_hash) do nothing",
    [codeHash, source, bundle],
  );
}

/**
 * Makes a new version the DAG's latest when its serialized form or its code differs from the latest one's.
 * @returns whether there is a new version
 */
export async function putDagVersion(tx: Transaction, version: ParsedVersion): Promise<boolean> {
  const { rowCount } = await tx.query(
    `with latest as (
       select version_number, serialized_hash, code_hash from dag_version
        where dag_id = $2 order by version_number desc limit 1
     ), added as (
       insert into dag_version (id, dag_id, version_number, serialized_hash, serialized, code_hash)
       select $1, $2, coalesce((select version_number from latest), 0) + 1, $3, $4, $5
        where not exists (select 1 from latest where serialized_hash = $3 and code_hash = $5)
       returning id
     )
     update dag set dag_version_id = added.id from added where dag.dag_id = $2`,
    [uuid7(), version.dagId, version.serializedHash, JSON.stringify(version.serialized), version.codeHash],
  );
  return rowCount === 1;
}
