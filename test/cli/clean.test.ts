import test from "ava";
import { createTestDatabase, type TestDatabase } from "#test/helpers/database.ts";
import { seedDag, seedRun, taxiDag } from "#test/webserver/helpers/seed.ts";
import { makeHome, runAirflow } from "./helpers/run-airflow.ts";

const RUNS = ["2019-01-01", "2019-01-02", "2019-01-03"].map((day) => `scheduled__${day}T00:00:00+00:00`);

async function countRows(db: TestDatabase, table: string): Promise<number> {
  const { rows } = await db.database.query<{ count: number }>(`select count(*)::integer as count from ${table}`);
  return rows[0]!.count;
}

test("db clean deletes what is old and needed by nothing, and keeps it in archive tables", async (t) => {
  await using db = await createTestDatabase();
  await using folder = await makeHome();
  t.timeout(120_000);
  await seedDag(db.database, taxiDag());
  for (const run of RUNS) await seedRun(db.database, "taxi", run, { CsvExampleGen: "success" });
  await db.database.query(
    `update dag_run set run_type = 'scheduled', state = 'success', start_date = '2019-02-01', logical_date = split_part(run_id, '__', 2)::timestamptz`,
  );
  await db.database.query("update dag_run set state = 'running' where run_id = $1", [RUNS[1]]);
  await db.database.query("insert into log (dttm, event) values ('2019-01-01', 'old'), (now(), 'new')");
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: db.url };
  const clean = (more: string) => runAirflow(`db clean --clean-before-timestamp 2020-01-01 ${more}`.split(" "), env);

  const dry = await clean("--dry-run");
  t.is(dry.code, 0, dry.stderr);
  t.regex(dry.stdout, /dag_run: found 1 rows meeting deletion criteria\./);
  t.is(await countRows(db, "dag_run"), 3);

  const done = await clean("--yes");
  t.is(done.code, 0, done.stderr);
  t.regex(done.stdout, /dag_run: deleted 1 rows\n(.*\n)*log: deleted 1 rows/);
  const { rows } = await db.database.query("select run_id from dag_run order by run_id");
  t.deepEqual(
    rows.map((row) => row.run_id),
    RUNS.slice(1),
    "the running one and the last scheduled one stay",
  );
  const { rows: archives } = await db.database.query<{ name: string }>(
    "select tablename as name from pg_tables where starts_with(tablename, '_airflow_deleted__') order by 1",
  );
  const archive = (table: string) => archives.find(({ name }) => name.startsWith(`_airflow_deleted__${table}__`))!.name;
  t.is(await countRows(db, archive("dag_run")), 1);
  t.is(await countRows(db, archive("task_instance")), 1);

  const dropped = await runAirflow(["db", "drop-archived", "-y"], env);
  t.is(dropped.stdout, `Total dropped tables: ${archives.length}\n`);

  const wrong = await clean("--tables variable");
  t.is(wrong.code, 1);
  t.regex(wrong.stderr, /The table variable cannot be cleaned; expected some of dag_run/);
});
