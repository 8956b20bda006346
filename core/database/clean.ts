import type { Queryable, Transaction } from "./connect.ts";
import { lockStoredFiles } from "./dag-versions.ts";

/** Which rows of each table are of the past, given the moment `$1`. What something still needs is never among them. */
const OF_THE_PAST = {
  // The last scheduled run of a DAG stays: the schedule goes on behind it.
  dag_run: `start_date < $1 and state in ('success', 'failed') and id not in (
    select distinct on (dag_id) id from dag_run where run_type = 'scheduled' order by dag_id, logical_date desc nulls last)`,
  task_instance_history: `end_date < $1 and dag_run_id in (select id from dag_run where state in ('success', 'failed'))`,
  xcom: `"timestamp" < $1 and dag_run_id in (select id from dag_run where state in ('success', 'failed'))`,
  backfill: `completed_at < $1 and not exists (select from dag_run where backfill_id = backfill.id and state in ('queued', 'running'))`,
  // What nobody called for so long, nobody wants to hear of any more.
  callback_request: "created_at < $1 and job_id is null",
  // What a DAG has not had a run for is still to come.
  asset_event: `"timestamp" < $1 and id not in (select event_id from asset_dag_run_queue)`,
  log: "dttm < $1",
  job: "latest_heartbeat < $1 and state <> 'running'",
  // A file that is still broken is found again when it is parsed the next time.
  import_error: `"timestamp" < $1`,
  dag_priority_parsing_request: "finished_at < $1",
  // Those whose file is gone, when nothing is left of their runs.
  dag: "is_stale and last_parsed_time < $1 and not exists (select from dag_run where dag_run.dag_id = dag.dag_id)",
  dag_version: `created_at < $1 and id not in (select dag_version_id from dag_run)
    and id not in (select dag_version_id from dag where dag_version_id is not null)`,
  dag_code: "created_at < $1 and code_hash not in (select code_hash from dag_version)",
} as const;

export type CleanableTable = keyof typeof OF_THE_PAST;

/** In an order in which what one table needs goes after it. */
export const CLEANABLE_TABLES = Object.keys(OF_THE_PAST) as CleanableTable[];

/** Whoever stores a file's DAGs finds rows of these, and must not lose them before they are used. */
const STORED_FROM_FILES: readonly CleanableTable[] = ["dag", "dag_version", "dag_code"];

/** Tables that Airflow cleans by name, and what has become of them here. */
export const OTHER_TABLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["task_instance", "task_reschedule", "trigger", "rendered_task_instance_fields", "hitl_detail"].map((table) => [
      table,
      "goes with the rows of dag_run",
    ]),
  ),
  ...Object.fromEntries(
    ["celery_taskmeta", "celery_tasksetmeta", "deadline", "sla_miss", "_xcom_archive", "session"].map((table) => [
      table,
      "is none of Daisy's tables",
    ]),
  ),
};

/** How many rows of a table are older than a moment and needed by nothing. */
export async function countPastRows(db: Queryable, table: CleanableTable, before: Date): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::integer as count from ${table} where ${OF_THE_PAST[table]}`,
    [before],
  );
  return rows[0]!.count;
}

export interface Deletion {
  readonly table: CleanableTable;
  readonly before: Date;
  /**
   * Ends the names of the tables that keep what is deleted, `_airflow_deleted__<table>__<archive>`; null keeps nothing.
   */
  readonly archive: string | null;
  /** At most so many rows; all when left out. */
  readonly limit?: number | undefined;
}

/**
 * Deletes the rows of a table that are older than a moment, with those of other tables that belong to them; returns
 * how many of the table's own there were.
 */
export async function deletePastRows(tx: Transaction, { table, before, archive, limit }: Deletion): Promise<number> {
  if (STORED_FROM_FILES.includes(table)) await lockStoredFiles(tx);
  await tx.query(`create temporary table past on commit drop as select ctid as row, * from ${table} limit 0`);
  await tx.query(
    `insert into past select ctid, * from ${table} where ${OF_THE_PAST[table]} limit $2 for update skip locked`,
    [before, limit ?? null],
  );
  if (archive !== null) {
    for (const { child, condition } of await dependents(tx, table)) {
      await keep(
        tx,
        child,
        `select child.* from ${child} child where exists (select 1 from past where ${condition})`,
        archive,
      );
    }
    await keep(tx, table, `select t.* from ${table} t join past on past.row = t.ctid`, archive);
  }
  const { rowCount } = await tx.query(`delete from ${table} t using past where t.ctid = past.row`);
  await tx.query("drop table past");
  return rowCount ?? 0;
}

/** The tables whose rows go with a deleted row of this one, and how a row `child` is tied to one of `past`. */
async function dependents(tx: Transaction, table: CleanableTable): Promise<{ child: string; condition: string }[]> {
  const { rows } = await tx.query<{ child: string; condition: string }>(
    `select c.conrelid::regclass::text as child,
            string_agg(format('child.%I = past.%I', own.attname, other.attname), ' and ') as condition
       from pg_constraint c
       cross join unnest(c.conkey, c.confkey) as pair (own, other)
       join pg_attribute own on own.attrelid = c.conrelid and own.attnum = pair.own
       join pg_attribute other on other.attrelid = c.confrelid and other.attnum = pair.other
      where c.contype = 'f' and c.confrelid = $1::regclass and c.confdeltype = 'c'
      group by c.oid, c.conrelid`,
    [table],
  );
  return rows;
}

async function keep(tx: Transaction, table: string, rows: string, archive: string): Promise<void> {
  const name = `"_airflow_deleted__${table}__${archive}"`;
  await tx.query(`create table if not exists ${name} as select * from ${table} limit 0`);
  await tx.query(`insert into ${name} ${rows}`);
}

/** The tables that keep what was deleted from some tables, or from any, by name. */
export async function listArchives(db: Queryable, tables?: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select tablename as name from pg_tables
      where schemaname = current_schema() and starts_with(tablename, '_airflow_deleted__')
        and ($1::text[] is null or exists (
          select from unnest($1::text[]) as wanted where starts_with(tablename, '_airflow_deleted__' || wanted || '__')))
      order by 1`,
    [tables ?? null],
  );
  return rows.map(({ name }) => name);
}

/** Drops tables that `listArchives` named. */
export async function dropArchives(tx: Transaction, names: readonly string[]): Promise<void> {
  for (const name of names) await tx.query(`drop table ${quote(name)}`);
}

const ROWS_AT_ONCE = 5_000;

/** The rows of a table that `listArchives` named, as texts in the order of its columns; the first one is the columns. */
export async function* readArchive(tx: Transaction, name: string): AsyncGenerator<(string | null)[]> {
  const { rows } = await tx.query<{ column: string }>(
    `select attname as column from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [quote(name)],
  );
  const columns = rows.map(({ column }) => column);
  yield columns;
  const texts = columns.map((column) => `${quote(column)}::text as ${quote(column)}`);
  await tx.query(`declare archive no scroll cursor for select ${texts.join(", ")} from ${quote(name)}`);
  for (;;) {
    const { rows: some } = await tx.query<Record<string, string | null>>(`fetch ${ROWS_AT_ONCE} from archive`);
    for (const row of some) yield columns.map((column) => row[column]!);
    if (some.length < ROWS_AT_ONCE) break;
  }
  await tx.query("close archive");
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
