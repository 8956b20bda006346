import test from "ava";
import { migrate, readMigrations, resetDatabase } from "#setup/migrate.ts";
import { createTestDatabase } from "#test/helpers/database.ts";

test("twenty processes that migrate one empty database at once run each migration once", async (t) => {
  await using db = await createTestDatabase();
  await db.database.query("drop schema public cascade; create schema public");
  const ran = await Promise.all(Array.from({ length: 20 }, () => migrate(db.url)));
  const names = (await readMigrations()).map((migration) => migration.name);
  t.deepEqual(ran.flat(), names);
});

test("a database of a newer version is refused", async (t) => {
  await using db = await createTestDatabase();
  await db.database.query("insert into migration (number, name) values (9999, 'future')");
  await t.throwsAsync(migrate(db.url), { message: /is at migration 9999, but this version of Daisy knows only/ });
});

test("a migration whose number lies between those that a database has had is run all the same", async (t) => {
  await using db = await createTestDatabase();
  await db.database.query("drop schema public cascade; create schema public");
  await migrate(db.url);
  const names = (await readMigrations()).map((migration) => migration.name);
  await db.database.query(
    `alter table variable drop column is_encrypted;
     alter table connection drop column is_encrypted, drop column is_extra_encrypted;
     delete from migration where number = 3`,
  );
  t.deepEqual(await migrate(db.url), [names[2]!]);
  t.deepEqual(await migrate(db.url), []);
});

test("a reset database is empty and migrated", async (t) => {
  await using db = await createTestDatabase();
  await db.database.query("insert into variable (key, value) values ('a', '1')");
  await resetDatabase(db.url);
  const { rows } = await db.database.query("select key from variable");
  t.deepEqual(rows, []);
});
