import type { Queryable } from "./connect.ts";

/** Where a task's results of all map indexes are. */
interface ResultsKey {
  readonly dagRunId: number;
  readonly taskId: string;
}

/**
 * The result of one task instance, unless it is the one that the caller has already.
 * @param known the `stamp` of the result that the caller has
 * @returns undefined when there is none; without `value` when it is the known one
 */
export async function findResultUnlessKnown(
  db: Queryable,
  { dagRunId, taskId, mapIndex }: ResultsKey & { readonly mapIndex: number },
  known: string | null,
): Promise<{ readonly stamp: string; readonly value: string | null } | undefined> {
  const { rows } = await db.query<{ stamp: string; value: string | null }>({
    name: "find-result-unless-known",
    text: `select timestamp::text as stamp, case when timestamp::text is distinct from $4 then value::text end as value
             from xcom where dag_run_id = $1 and task_id = $2 and map_index = $3 and key = 'return_value'`,
    values: [dagRunId, taskId, mapIndex, known],
  });
  return rows[0];
}

/** How many of a mapped task's instances have pushed a result. */
export async function countResults(db: Queryable, { dagRunId, taskId }: ResultsKey): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: "count-results",
    text: `select count(*)::integer as count from xcom
            where dag_run_id = $1 and task_id = $2 and map_index >= 0 and key = 'return_value'`,
    values: [dagRunId, taskId],
  });
  return rows[0]!.count;
}

/** The map indexes of the instances of a mapped task that have pushed a result, in order, and when it was so. */
export async function listResultIndexes(
  db: Queryable,
  { dagRunId, taskId }: ResultsKey,
): Promise<{ readonly stamp: string; readonly indexes: readonly number[] }> {
  const { rows } = await db.query<{ stamp: string; indexes: number[] }>({
    name: "list-result-indexes",
    text: `select now()::text as stamp, coalesce(json_agg(map_index order by map_index), '[]') as indexes from xcom
            where dag_run_id = $1 and task_id = $2 and map_index >= 0 and key = 'return_value'`,
    values: [dagRunId, taskId],
  });
  return rows[0]!;
}

/**
 * A mapped instance's result as JSON text, null when there is none, and whether a try that asks for it may rely on what was
 * listed before: all that it depends on had ended when it was scheduled, and it is scheduled anew when that changes.
 * @param stamp when the results were listed
 */
export async function findListedResult(
  db: Queryable,
  { dagRunId, taskId, mapIndex }: ResultsKey & { readonly mapIndex: number | null },
  tryId: string,
  stamp: string,
): Promise<{ readonly isCurrent: boolean; readonly value: string | null }> {
  const { rows } = await db.query<{ isCurrent: boolean; value: string | null }>({
    name: "find-listed-result",
    text: `select coalesce((select scheduled_at <= $5::timestamptz from task_instance where id = $4), false) as "isCurrent",
                  (select value::text from xcom
                    where dag_run_id = $1 and task_id = $2 and map_index = $3 and key = 'return_value') as value`,
    values: [dagRunId, taskId, mapIndex, tryId, stamp],
  });
  return rows[0]!;
}

/** A mapped task's results as the JSON text of an array, in the order of map indexes. */
export async function findResults(db: Queryable, { dagRunId, taskId }: ResultsKey): Promise<string> {
  const { rows } = await db.query<{ value: string }>({
    name: "find-results",
    text: `select '[' || coalesce(string_agg(value::text, ',' order by map_index), '') || ']' as value from xcom
            where dag_run_id = $1 and task_id = $2 and map_index >= 0 and key = 'return_value'`,
    values: [dagRunId, taskId],
  });
  return rows[0]!.value;
}
