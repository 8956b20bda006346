import type { Queryable } from "./connect.ts";

/** What templates may say of a run, besides what a try knows. */
export interface TemplateRun {
  readonly runType: string;
  readonly state: string;
  readonly runAfter: Date;
  readonly queuedAt: Date | null;
  readonly startDate: Date | null;
  readonly note: string | null;
}

/** A run as its templates see it; undefined when it is gone. */
export async function findTemplateRun(db: Queryable, dagRunId: number): Promise<TemplateRun | undefined> {
  const { rows } = await db.query<TemplateRun>({
    name: "find-template-run",
    text: `select run_type as "runType", state, run_after as "runAfter", queued_at as "queuedAt",
                  start_date as "startDate", note from dag_run where id = $1`,
    values: [dagRunId],
  });
  return rows[0];
}

/** The last run with an earlier logical date that succeeded. */
export interface PreviousSuccess {
  readonly dataIntervalStart: Date | null;
  readonly dataIntervalEnd: Date | null;
  readonly startDate: Date | null;
  readonly endDate: Date | null;
}

/** The run of a DAG that succeeded last before a logical date; undefined when there is none. */
export async function findPreviousSuccess(
  db: Queryable,
  dagId: string,
  logicalDate: Date,
): Promise<PreviousSuccess | undefined> {
  const { rows } = await db.query<PreviousSuccess>(
    `select data_interval_start as "dataIntervalStart", data_interval_end as "dataIntervalEnd",
            start_date as "startDate", end_date as "endDate"
       from dag_run where dag_id = $1 and state = 'success' and logical_date < $2
      order by logical_date desc limit 1`,
    [dagId, logicalDate],
  );
  return rows[0];
}

/** How many instances a mapped task has in a run, those that are left over aside; null when it is not mapped. */
export async function countInstances(db: Queryable, dagRunId: number, taskId: string): Promise<number | null> {
  const { rows } = await db.query<{ count: number | null }>(
    `select nullif(count(*) filter (where state is distinct from 'removed'), 0)::integer as count
       from task_instance where dag_run_id = $1 and task_id = $2 and map_index >= 0`,
    [dagRunId, taskId],
  );
  return rows[0]!.count;
}

/** Which XComs a template pulls. */
export interface PulledXCom {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly key: string;
  /** Null: of all instances. */
  readonly mapIndex: number | null;
}

/** What a template pulls: the value of an unmapped task, or a list of those of a mapped one; null when there is none. */
export async function pullXCom(db: Queryable, pulled: PulledXCom): Promise<unknown> {
  const { dagId, runId, taskId, key, mapIndex } = pulled;
  const { rows } = await db.query<{ mapIndex: number; value: string }>(
    `select xcom.map_index as "mapIndex", xcom.value::text as value
       from xcom join dag_run on dag_run.id = xcom.dag_run_id
      where dag_run.dag_id = $1 and dag_run.run_id = $2 and xcom.task_id = $3 and xcom.key = $4
        and ($5::integer is null or xcom.map_index = $5)
      order by xcom.map_index`,
    [dagId, runId, taskId, key, mapIndex],
  );
  const values = rows.map(({ value }) => JSON.parse(value) as unknown);
  const isOne = mapIndex !== null || rows.some((row) => row.mapIndex === -1);
  return values.length === 0 ? null : isOne ? values[0] : values;
}
