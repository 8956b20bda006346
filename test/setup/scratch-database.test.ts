import test from "ava";
import { connect, type Database } from "#core/database/connect.ts";
import { createScratchDatabase } from "#setup/scratch-database.ts";
import { createTestDatabase } from "#test/helpers/database.ts";

const exists = async (db: Database, name: string) =>
  (await db.query("select from pg_database where datname = $1", [name])).rowCount === 1;

test("a scratch database is migrated, empty, and gone when it is disposed of", async (t) => {
  await using owner = await createTestDatabase();
  const scratch = await createScratchDatabase(owner.url);
  const name = new URL(scratch.url).pathname.slice(1);
  const db = connect(scratch.url);
  t.deepEqual((await db.query("select count(*) from dag")).rows, [{ count: 0 }]);
  await db.end();
  t.true(await exists(owner.database, name));
  await scratch[Symbol.asyncDispose]();
  t.false(await exists(owner.database, name));
});

test("a scratch database drops those that were left behind more than an hour ago", async (t) => {
  await using owner = await createTestDatabase();
  const [old, fresh] = [`daisy_scratch_${Date.now() - 3_700_000}_a`, `daisy_scratch_${Date.now()}_b`];
  for (const name of [old, fresh]) await owner.database.query(`create database ${name}`);
  const scratch = await createScratchDatabase(owner.url);
  await scratch[Symbol.asyncDispose]();
  t.deepEqual([await exists(owner.database, old), await exists(owner.database, fresh)], [false, true]);
  await owner.database.query(`drop database ${fresh}`);
});
