import { connect } from "#core/database/connect.ts";
import { DaisyError } from "#core/errors.ts";
import { missingMigrations, readMigrations } from "./migrate.ts";

/** @throws {DaisyError} DATABASE_NOT_READY when the tables are not there or not those of this version */
export async function checkMigrated(url: string): Promise<void> {
  const db = connect(url, { maxConnections: 1, applicationName: "daisy-check" });
  try {
    const { rows: tables } = await db.query<{ there: boolean }>("select to_regclass('migration') is not null as there");
    if (!tables[0]!.there) throw new DaisyError("DATABASE_NOT_READY", "it holds no tables of Daisy");
    const { rows } = await db.query<{ number: number }>("select number from migration order by number");
    const applied = rows.map(({ number }) => number);
    const wanted = missingMigrations(await readMigrations(), applied).at(-1);
    if (wanted === undefined) return;
    throw new DaisyError(
      "DATABASE_NOT_READY",
      `it is at migration ${applied.at(-1) ?? 0}, this version needs ${wanted.number}`,
    );
  } finally {
    await db.end();
  }
}
