import type { Queryable, Transaction } from "./connect.ts";

/** A DAG whose next run is due. */
export interface DueDag {
  readonly dagId: string;
  readonly dagVersionId: string;
  /** When its next run was said to be due. */
  readonly promised: Date;
  /** The database's clock. */
  readonly now: Date;
}

/**
 * DAGs that may get a scheduled run: not paused, in a file, none of those left out ($1), and with fewer unfinished scheduled
 * runs than allowed.
 */
const MAY_GET_A_RUN = `
  dag_id not in (select unnest($1::text[])) and not is_paused and not is_stale and next_dagrun_run_after is not null
  and max_active_runs > (select count(*) from dag_run r where r.dag_id = dag.dag_id
                            and r.state in ('queued', 'running') and r.run_type = 'scheduled')`;

/**
 * Locks DAGs whose next run is due, the longest due first, leaving out those that another scheduler has locked.
 * @param except the ids of DAGs to leave out
 */
export async function lockDueDags(tx: Transaction, limit: number, except: readonly string[] = []): Promise<DueDag[]> {
  const { rows } = await tx.query<DueDag>({
    name: "lock-due-dags",
    text: `select dag_id as "dagId", dag_version_id as "dagVersionId", next_dagrun_run_after as promised, now() as now
             from dag
            where next_dagrun_run_after <= now() and ${MAY_GET_A_RUN}
            order by next_dagrun_run_after limit $2 for no key update skip locked`,
    values: [except, limit],
  });
  return rows;
}

/** Milliseconds until a run is due (not above zero: now), or null when none will be. @param except ids of DAGs to leave out */
export async function nextRunDueIn(db: Queryable, except: readonly string[] = []): Promise<number | null> {
  const { rows } = await db.query<{ wait: number }>({
    name: "next-run-due",
    text: `select (extract(epoch from next_dagrun_run_after - now()) * 1000)::double precision as wait
             from dag where ${MAY_GET_A_RUN} order by next_dagrun_run_after limit 1`,
    values: [except],
  });
  return rows[0]?.wait ?? null;
}
