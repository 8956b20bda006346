import type { DataInterval } from "../timetable/timetable.ts";
import type { Queryable } from "./connect.ts";

/** The data interval of a DAG's last scheduled run, or null before the first. */
export async function lastScheduledInterval(db: Queryable, dagId: string): Promise<DataInterval | null> {
  const { rows } = await db.query<{ start: Date; end: Date }>({
    name: "last-scheduled-interval",
    text: `select data_interval_start as start, data_interval_end as "end" from dag_run
            where dag_id = $1 and run_type = 'scheduled' and logical_date is not null
            order by logical_date desc limit 1`,
    values: [dagId],
  });
  return rows[0] ?? null;
}
