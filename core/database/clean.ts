import type { Queryable, Transaction } from "./connect.ts";

/** Which rows of each table are of the past, given the moment `$1`. What something still needs is never among them. */
const OF_THE_PAST = {
  // The last scheduled run of a DAG stays: the schedule goes on behind it.
  dag_run: `start_date < $1 and state in ('success', 'failed') and id not in (
    select distinct on (dag_id) id from dag_run where run_type = 'scheduled' order by dag_id, logical_date desc nulls last)`,
  task_instance_history: `end_date < $1 and dag_run_id in (select id from dag_run where state in ('success', 'failed'))`,
  xcom: `"timestamp" < $1 and dag_run_id in (select id from dag_run where state in ('success', 'failed'))`,
  // What a DAG has not had a run for is still to come.
  asset_event: `"timestamp" < $1 and id not in (select event_id from asset_dag_run_queue)`,
  log: "dttm < $1",
  job: "latest_heartbeat < $1 and state <> 'running'",
  dag_priority_parsing_request: "finished_at < $1",
  dag_version: `created_at < $1 and id not in (select dag_version_id from dag_run)
    and id not in (select dag_version_id from dag where dag_version_id is not null)`,
  dag_code: "created_at < $1 and code_hash not in (select code_hash from dag_version)",
} as const;

export type CleanableTable = keyof typeof OF_THE_PAST;

/** In an order in which what one table needs goes after it. */
export const CLEANABLE_TABLES = Object.keys(OF_THE_PAST) as CleanableTable[];

/** How many rows of a table are older than a moment and needed by nothing. */
export async function countPastRows(db: Queryable, table: CleanableTable, before: Date): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::integer as count from ${table} where ${OF_THE_PAST[table]}`,
    [before],
  );
  return rows[0]!.count;
}

/**
 * Deletes the rows of a table that are older than a moment, with those of other tables that belong to them; returns
 * how many of the table's own there were.
 * @param archive ends the names of the tables that keep what is deleted, `_airflow_deleted__<table>__<archive>`; null
 *   keeps nothing
 */
export async function deletePastRows(
  tx: Transaction,
  table: CleanableTable,
  before: Date,
  archive: string | null,
): Promise<number> {
  await tx.query(`create temporary table past on commit drop as select ctid as row, * from ${table} limit 0`);
  await tx.query(`insert into past select ctid, * from ${table} where ${OF_THE_PAST[table]} for update`, [before]);
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

/** The tables that keep what was deleted, by name. */
export async function listArchives(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select tablename as name from pg_tables
      where schemaname = current_schema() and starts_with(tablename, '_airflow_deleted__') order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Drops tables that `listArchives` named. */
export async function dropArchives(tx: Transaction, names: readonly string[]): Promise<void> {
  for (const name of names) await tx.query(`drop table "${name.replaceAll('"', '""')}"`);
}
