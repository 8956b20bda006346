import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type pg from "pg";
import type { Pool } from "pg";

const FOLDER = new URL("./functions/", import.meta.url);

/** The SQL functions that ship: as files, and as one digest of them all. */
export interface SqlFunctions {
  readonly files: readonly { readonly name: string; readonly sql: string }[];
  readonly digest: string;
}

/**
 * The functions that the database has for the scheduler, from `setup/functions`. Unlike a migration a file says what is, not
 * what changes: it is edited, and installed anew. What columns or indexes are made of stays in the migrations.
 */
export async function readSqlFunctions(): Promise<SqlFunctions> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".sql")).sort();
  const files = await Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(new URL(name, FOLDER), "utf8") })),
  );
  const hash = createHash("sha256");
  for (const { name, sql } of files) hash.update(`${name}\0${sql}\0`);
  return { files, digest: hash.digest("hex") };
}

/** The digest of the functions that a database has; undefined when none were installed from files. */
export async function installedDigest(db: Pick<Pool, "query">): Promise<string | undefined> {
  const { rows: tables } = await db.query<{ there: boolean }>(
    "select to_regclass('sql_functions') is not null as there",
  );
  if (!tables[0]!.there) return undefined;
  const { rows } = await db.query<{ digest: string }>("select digest from sql_functions");
  return rows[0]?.digest;
}

/**
 * Installs all functions, in one transaction, unless the database has them; a migration drops what has gone, or has other
 * parameters or another result than before.
 *
 * @throws {Error} naming the file that PostgreSQL refuses
 */
export async function installSqlFunctions(client: pg.Client): Promise<void> {
  const { files, digest } = await readSqlFunctions();
  if ((await installedDigest(client)) === digest) return;
  await client.query("begin");
  try {
    // They call each other, in no order.
    await client.query("set local check_function_bodies = off");
    for (const { name, sql } of files) {
      await client.query(sql).catch((error: Error) => {
        throw new Error(`setup/functions/${name} was refused: ${error.message}`, { cause: error });
      });
    }
    await client.query("create table if not exists sql_functions (digest text not null)");
    await client.query("delete from sql_functions");
    await client.query("insert into sql_functions (digest) values ($1)", [digest]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}
