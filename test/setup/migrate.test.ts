import test from "ava";
import { checkMigrated } from "#setup/check-migrated.ts";
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

test("a database with functions of another version is told apart, and brought to those of this one", async (t) => {
  await using db = await createTestDatabase();
  await t.notThrowsAsync(checkMigrated(db.url));
  await db.database.query(
    `update sql_functions set digest = 'another version''s';
     create or replace function lock_scheduling() returns void language sql volatile as 'select'`,
  );
  await t.throwsAsync(checkMigrated(db.url), {
    code: "DATABASE_NOT_READY",
    message: /functions are those of another version/,
  });
  t.deepEqual(await migrate(db.url), []);
  await t.notThrowsAsync(checkMigrated(db.url));
  const { rows } = await db.database.query("select prosrc from pg_proc where proname = 'lock_scheduling'");
  t.regex(rows[0]!.prosrc, /pg_advisory_xact_lock/);
});

test("a database from before functions had files of their own gets them from the files", async (t) => {
  await using db = await createTestDatabase();
  await db.database.query("drop table sql_functions; drop function plan_for_size()");
  await t.throwsAsync(checkMigrated(db.url), { code: "DATABASE_NOT_READY" });
  await migrate(db.url);
  const { rows } = await db.database.query("select from pg_proc where proname = 'plan_for_size'");
  t.is(rows.length, 1);
});

test("a newer database is used as it is", async (t) => {
  await using db = await createTestDatabase();
  await db.database.query(
    "insert into migration (number, name) values (9999, 'future'); update sql_functions set digest = 'newer'",
  );
  await t.notThrowsAsync(checkMigrated(db.url));
});

test("every function is taken with its body looked into", async (t) => {
  await using db = await createTestDatabase();
  const { rows } = await db.database.query<{ definition: string }>(
    `select pg_get_functiondef(oid) as definition from pg_proc where pronamespace = 'public'::regnamespace`,
  );
  t.true(rows.length > 15);
  // Installed in any order, they were not looked into; now all is there that they may name.
  for (const { definition } of rows) await t.notThrowsAsync(db.database.query(definition), definition);
});
