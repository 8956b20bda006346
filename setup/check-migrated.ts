import { connect } from "#core/database/connect.ts";
import { DaisyError } from "#core/errors.ts";
import { missingMigrations, readMigrations } from "./migrate.ts";
import { installedDigest, readSqlFunctions } from "./sql-functions.ts";

/** @throws {DaisyError} DATABASE_NOT_READY when the tables or functions are not there or not those of this version */
export async function checkMigrated(url: string): Promise<void> {
  const db = connect(url, { maxConnections: 1, applicationName: "daisy-check" });
  try {
    const { rows: tables } = await db.query<{ there: boolean }>("select to_regclass('migration') is not null as there");
    if (!tables[0]!.there) throw new DaisyError("DATABASE_NOT_READY", "it holds no tables of Daisy");
    const { rows } = await db.query<{ number: number }>("select number from migration order by number");
    const applied = rows.map(({ number }) => number);
    const migrations = await readMigrations();
    const [newest, wanted] = [applied.at(-1) ?? 0, missingMigrations(migrations, applied).at(-1)];
    if (wanted !== undefined) {
      throw new DaisyError("DATABASE_NOT_READY", `it is at migration ${newest}, this version needs ${wanted.number}`);
    }
    // A newer database has newer functions, which its migrations made fit for what still runs.
    if (newest > migrations.at(-1)!.number) return;
    if ((await installedDigest(db)) !== (await readSqlFunctions()).digest) {
      throw new DaisyError("DATABASE_NOT_READY", "its functions are those of another version");
    }
  } finally {
    await db.end();
  }
}
