import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { createTestDatabase, type TestDatabase } from "#test/helpers/database.ts";
import { seedDag, seedRun, taxiDag } from "#test/webserver/helpers/seed.ts";
import { makeHome, runAirflow } from "./helpers/run-airflow.ts";

/** Rows that are of the past, and their like that something still needs, by table. */
const PAST = [
  "insert into backfill (dag_id, from_date, to_date, reprocess_behavior, max_active_runs, completed_at) values ('taxi', '2019-01-01', '2019-01-01', 'none', 1, '2019-01-01'), ('taxi', '2019-01-01', '2019-01-01', 'none', 1, null)",
  "insert into import_error (relative_fileloc, fileloc, stack_trace, timestamp) values ('old', 'old', '', '2019-01-01'), ('new', 'new', '', now())",
  "insert into callback_request (dag_run_id, dag_version_id, event, created_at) select id, dag_version_id, 'success', '2019-01-01' from dag_run limit 1",
  "insert into asset (name, uri, \"group\") values ('a', 'a', 'a')",
  "insert into asset_event (asset_id, timestamp) values (1, '2019-01-01'), (1, '2019-01-01')",
  "insert into asset_dag_run_queue (target_dag_id, event_id, asset_id) values ('taxi', 1, 1)",
  "insert into job (id, job_type, state, hostname, pid, latest_heartbeat) select gen_random_uuid(), 'WorkerJob', state, '', 1, '2019-01-01' from unnest(array['success', 'failed', 'running']) state",
  "insert into dag_code (code_hash, source, bundle, created_at) values ('old', '', '', '2019-01-01')",
  "insert into dag_version (id, dag_id, version_number, serialized_hash, serialized, code_hash, created_at) values (gen_random_uuid(), 'taxi', 77, '', '{}', 'old', '2019-01-01')",
  "insert into dag (dag_id, fileloc, relative_fileloc, timetable_summary, is_paused, max_active_tasks, max_active_runs, is_stale, last_parsed_time) values ('gone', '', '', '', true, 1, 1, true, '2019-01-01')",
];
const DELETED = {
  backfill: 1,
  import_error: 1,
  callback_request: 1,
  asset_event: 1,
  job: 2,
  dag_code: 1,
  dag_version: 1,
  dag: 1,
};

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

  const some = await runAirflow(["db", "drop-archived", "-y", "-t", "log,celery_taskmeta"], env);
  t.is(some.stdout, "Total dropped tables: 1\n", some.stderr);
  t.regex(some.stderr, /celery_taskmeta: is none of Daisy's tables/);
  const output = path.join(folder.home, "archive");
  await mkdir(output);
  const exporting = await runAirflow(["db", "export-archived", "--output-path", output, "--drop-archives", "-y"], env);
  const left = archives.length - 1;
  t.is(exporting.stdout, `Total exported tables: ${left}, Total dropped tables: ${left}\n`, exporting.stderr);
  const [head, row] = (await readFile(path.join(output, `${archive("dag_run")}.csv`), "utf8")).split("\r\n");
  t.regex(head!, /^id,dag_id,run_id,/);
  t.true(row!.includes(`,taxi,${RUNS[0]},scheduled,success,`), row);
  const none = await runAirflow(["db", "drop-archived", "-y"], env);
  t.is(none.stdout, "Total dropped tables: 0\n");

  const wrong = await clean("--tables variable");
  t.is(wrong.code, 1);
  t.regex(wrong.stderr, /The table variable cannot be cleaned; expected some of dag_run/);
});

test("db clean takes every table's past, in batches, and knows the names of Airflow's other tables", async (t) => {
  await using db = await createTestDatabase();
  await using folder = await makeHome();
  t.timeout(120_000);
  await seedDag(db.database, taxiDag());
  await seedRun(db.database, "taxi", RUNS[0]!, { CsvExampleGen: "success" });
  for (const sql of PAST) await db.database.query(sql);
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: db.url };
  const clean = (more: string) => runAirflow(`db clean --clean-before-timestamp 2020-01-01 -y ${more}`.split(" "), env);

  const done = await clean("--skip-archive --batch-size 1");
  t.is(done.code, 0, done.stderr);
  for (const [table, count] of Object.entries(DELETED)) {
    t.regex(done.stdout, new RegExp(`^${table}: deleted ${count} rows$`, "m"));
  }
  const { rows } = await db.database.query("select dag_id from dag");
  t.deepEqual(rows, [{ dag_id: "taxi" }], "a DAG that has a file stays");

  const named = await clean("-t task_instance,log,celery_taskmeta");
  t.is(named.code, 0, named.stderr);
  t.is(named.stdout, "log: deleted 0 rows\n");
  t.regex(named.stderr, /task_instance: goes with the rows of dag_run\ncelery_taskmeta: is none of Daisy's tables/);
  t.is((await clean("--batch-size 0")).code, 2);
});
