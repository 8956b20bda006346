import type { Queryable } from "./connect.ts";

/** A process of Daisy, running or ended. */
export interface JobRow {
  readonly jobType: string;
  readonly state: string;
  readonly hostname: string;
  readonly startDate: Date;
  readonly endDate: Date | null;
}

/** The processes that started last, newest first. */
export async function listJobs(
  db: Queryable,
  { state, limit }: { readonly state?: string; readonly limit: number },
): Promise<JobRow[]> {
  const { rows } = await db.query<JobRow>(
    `select job_type as "jobType", state, hostname, start_date as "startDate", end_date as "endDate"
       from job where $1::text is null or state = $1 order by start_date desc limit $2`,
    [state ?? null, limit],
  );
  return rows;
}
