import { readFile } from "node:fs/promises";
import { putSimpleTypes } from "./simple-types.ts";
import type { Transaction } from "./store.ts";

/** The version of ML Metadata's relational schema that this folder reads and writes. */
export const SCHEMA_VERSION = 10;

/** Names the advisory lock under which a store is created; any constant no one else takes. */
const LOCK = "daisy.ml_metadata.schema";

/**
 * Creates ML Metadata's tables, indices and simple types in a PostgreSQL schema, unless they are there. Callers may be
 * many at once: whoever comes second waits and finds the work done. A role that may not create anything can still open
 * a store that is complete.
 */
export async function createSchema(transaction: Transaction, schema: string): Promise<void> {
  if (await isComplete(transaction, schema)) return;
  await transaction.query("SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))", [LOCK, schema]);
  if (await isComplete(transaction, schema)) return;
  // Asked first: IF NOT EXISTS needs the right to create schemas even where there is nothing to create.
  const existing = await transaction.query("SELECT FROM pg_namespace WHERE nspname = $1", [schema]);
  if (existing.rowCount === 0) await transaction.query(`CREATE SCHEMA ${schema}`);
  await transaction.query(await readFile(new URL("./schema.sql", import.meta.url), "utf8"));
  await putSimpleTypes(transaction);
  await transaction.query("INSERT INTO MLMDEnv (schema_version) VALUES ($1)", [SCHEMA_VERSION]);
}

/**
 * The version row is written last, so it vouches for everything else. Whether its table exists is asked of the catalog:
 * `to_regclass` may answer from a cache that is older than the lock.
 */
async function isComplete(transaction: Transaction, schema: string): Promise<boolean> {
  const table = await transaction.query(
    "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'mlmdenv'",
    [schema],
  );
  if (table.rowCount === 0) return false;
  const { rows } = await transaction.query<{ schema_version: number }>("SELECT schema_version FROM MLMDEnv");
  if (rows.length === 0) return false;
  const found = rows.map((row) => row.schema_version).join(", ");
  if (found !== String(SCHEMA_VERSION)) {
    throw new Error(`The ML Metadata store in schema "${schema}" has version ${found}; expected ${SCHEMA_VERSION}`);
  }
  return true;
}
