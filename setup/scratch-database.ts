import { randomBytes } from "node:crypto";
import pg from "pg";
import { normalizeUrl } from "#core/database/connect.ts";
import { migrate } from "./migrate.ts";

/** A migrated database that nobody else knows; it goes when it is disposed of. */
export interface ScratchDatabase extends AsyncDisposable {
  readonly url: string;
}

const PREFIX = "daisy_scratch_";
/** One that is older and that nobody uses was left behind by a process that was killed. */
const FORGOTTEN_AFTER_MS = 3_600_000;
/** PostgreSQL's code for what a role may not do. */
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Makes a database on the server of another one, whose role has to be allowed to. The name tells when it was made;
 * those that were left behind are dropped.
 * @throws when the role may not create databases
 */
export async function createScratchDatabase(beside: string): Promise<ScratchDatabase> {
  const name = `${PREFIX}${Date.now()}_${randomBytes(4).toString("hex")}`;
  await administer(beside, async (client) => {
    for (const forgotten of await findForgotten(client)) await client.query(`drop database if exists ${forgotten}`);
    await client.query(`create database ${name}`);
  });
  const url = new URL(normalizeUrl(beside));
  url.pathname = `/${name}`;
  const drop = () =>
    administer(beside, (client) => client.query(`drop database if exists ${name} with (force)`).then(() => undefined));
  try {
    await migrate(url.href);
  } catch (error) {
    await drop();
    throw error;
  }
  return { url: url.href, [Symbol.asyncDispose]: drop };
}

async function findForgotten(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ datname: string }>(
    `select datname from pg_database d where starts_with(datname, $1)
        and not exists (select from pg_stat_activity a where a.datid = d.oid)`,
    [PREFIX],
  );
  const before = Date.now() - FORGOTTEN_AFTER_MS;
  return rows.map(({ datname }) => datname).filter((name) => Number(name.slice(PREFIX.length).split("_")[0]) < before);
}

async function administer(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: normalizeUrl(url), application_name: "daisy-scratch" });
  await client.connect();
  try {
    await work(client);
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new Error(
      "A local run needs a database of its own, and the role of [database] sql_alchemy_conn may not create one; " +
        "grant it CREATEDB",
    );
  } finally {
    await client.end();
  }
}
