import type { Queryable } from "./connect.ts";

/** What a DAG run is by its kind and its dates. */
export interface RunDates {
  readonly runType: string;
  readonly logicalDate: Date | null;
  readonly runAfter: Date;
  readonly dataIntervalStart: Date | null;
  readonly dataIntervalEnd: Date | null;
  /** The database's time. */
  readonly now: Date;
}

/** The kind and the dates of the run that a try belongs to. */
export async function findRunOfTry(db: Queryable, dagRunId: number): Promise<RunDates> {
  const { rows } = await db.query<RunDates>(
    `select run_type as "runType", logical_date as "logicalDate", run_after as "runAfter",
            data_interval_start as "dataIntervalStart", data_interval_end as "dataIntervalEnd", now() as now
       from dag_run where id = $1`,
    [dagRunId],
  );
  if (rows[0] === undefined) throw new Error(`The run ${dagRunId} of this try is gone`);
  return rows[0];
}
