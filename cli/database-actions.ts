import { normalizeUrl } from "#core/database/connect.ts";
import { listLiveJobs } from "#core/database/jobs.ts";
import { DaisyError } from "#core/errors.ts";
import { migrate, resetDatabase } from "#setup/migrate.ts";
import type { Console } from "./console.ts";
import { withDatabase } from "./services.ts";

/** Brings the database to the newest schema, and says which database and what ran. */
export async function migrateDatabase(console: Console, done: string): Promise<void> {
  await withDatabase(async (_, { database }) => {
    console.print(`DB: ${withoutPassword(database.sql_alchemy_conn)}`);
    for (const name of await migrate(database.sql_alchemy_conn)) console.print(`Running migration ${name}`);
    console.print(done);
  });
}

/** A process whose last heartbeat is older than this does not hold up a reset. */
const ALIVE_SECONDS = 30;

/**
 * Drops what Daisy keeps and migrates anew, when the user agrees.
 * @throws {DaisyError} DATABASE_IN_USE while processes run on it, which would be left without their tables
 */
export async function resetDatabaseIfAgreed(
  console: Console,
  { yes, refused, done }: { yes: boolean; refused: string; done: string },
): Promise<void> {
  if (!yes && !(await console.confirm("This will drop existing tables if they exist. Proceed? (y/n)"))) {
    console.print(refused);
    return;
  }
  await withDatabase(async (db, { database }) => {
    const live = await listLiveJobs(db, ALIVE_SECONDS);
    if (live.length > 0) {
      const names = live.map(({ jobType, hostname, pid }) => `${jobType} on ${hostname} (pid ${pid})`);
      throw new DaisyError("DATABASE_IN_USE", names.join(", "));
    }
    console.print(`DB: ${withoutPassword(database.sql_alchemy_conn)}`);
    await resetDatabase(database.sql_alchemy_conn);
    console.print(done);
  });
}

/** A database's URL as it may be shown. */
export function withoutPassword(url: string): string {
  const shown = new URL(normalizeUrl(url));
  if (shown.password !== "") shown.password = "***";
  return shown.href;
}
