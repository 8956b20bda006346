import { readdir, readFile } from "node:fs/promises";
import pg from "pg";
import { normalizeUrl } from "#core/database/connect.ts";
import { installSqlFunctions } from "./sql-functions.ts";

const MIGRATIONS = new URL("./migrations/", import.meta.url);
/** Any number, as long as every Daisy process takes the same one. */
const LOCK = 5_270_411;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** The migrations that ship, in order; an error when a name does not begin with a number of its own. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).sort();
  const migrations = await Promise.all(
    names.map(async (name) => {
      const number = Number(name.slice(0, 4));
      if (!(number > 0)) throw new Error(`Migration ${name} should begin with a number of four digits`);
      return { number, name, sql: await readFile(new URL(name, MIGRATIONS), "utf8") };
    }),
  );
  const twin = migrations.find(({ number }, index) => migrations[index + 1]?.number === number);
  if (twin !== undefined) throw new Error(`There are two migrations with the number of ${twin.name}`);
  return migrations;
}

/** The migrations that a database, by the numbers of those it has had, lacks; numbers may leave gaps. */
export function missingMigrations(migrations: readonly Migration[], applied: readonly number[]): Migration[] {
  return migrations.filter(({ number }) => !applied.includes(number));
}

/**
 * Brings a database to the newest schema and its functions, and returns the names of the migrations it ran. Safe when
 * many processes call it at once: one runs them under an advisory lock, each migration in a transaction, and the others
 * wait. A database that is newer than this program is refused.
 */
export async function migrate(url: string): Promise<string[]> {
  const migrations = await readMigrations();
  const client = new pg.Client({ connectionString: normalizeUrl(url), application_name: "daisy-migrate" });
  await client.connect();
  try {
    // The lock ends with the connection, so a killed process leaves nothing behind.
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await client.query(
      "create table if not exists migration (number integer primary key, name text not null, applied_at timestamptz not null default now())",
    );
    const { rows } = await client.query<{ number: number }>("select number from migration order by number");
    const applied = rows.map(({ number }) => number);
    const [newest, known] = [applied.at(-1) ?? 0, migrations.at(-1)!.number];
    if (newest > known) {
      throw new Error(`The database is at migration ${newest}, but this version of Daisy knows only ${known}`);
    }
    const missing = missingMigrations(migrations, applied);
    for (const migration of missing) await apply(client, migration);
    await installSqlFunctions(client);
    return missing.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query("begin");
  try {
    await client.query(migration.sql);
    await client.query("insert into migration (number, name) values ($1, $2)", [migration.number, migration.name]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw new Error(`Migration ${migration.name} failed: ${(error as Error).message}`, { cause: error });
  }
}

/** Drops everything Daisy keeps in the database and migrates anew. For `airflow db reset`. */
export async function resetDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: normalizeUrl(url), application_name: "daisy-reset" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await client.query("drop schema if exists mlmd cascade; drop schema public cascade; create schema public");
  } finally {
    await client.end();
  }
  await migrate(url);
}
