import { normalizeUrl } from "#core/database/connect.ts";
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

/** Drops what Daisy keeps and migrates anew, when the user agrees. */
export async function resetDatabaseIfAgreed(
  console: Console,
  { yes, refused, done }: { yes: boolean; refused: string; done: string },
): Promise<void> {
  if (!yes && !(await console.confirm("This will drop existing tables if they exist. Proceed? (y/n)"))) {
    console.print(refused);
    return;
  }
  await withDatabase(async (_, { database }) => {
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
