import type { Queryable } from "./connect.ts";

/** A run by its names. */
export interface RunName {
  readonly dagId: string;
  readonly runId: string;
}

/** Those of the runs that have not ended. */
export async function findUnfinished(db: Queryable, runs: readonly RunName[]): Promise<RunName[]> {
  const { rows } = await db.query<RunName>(
    `select dag_id as "dagId", run_id as "runId" from dag_run
      where state in ('queued', 'running')
        and (dag_id, run_id) in (select * from unnest($1::text[], $2::text[]))`,
    [runs.map(({ dagId }) => dagId), runs.map(({ runId }) => runId)],
  );
  return rows;
}
