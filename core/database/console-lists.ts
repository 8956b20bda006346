import type { Queryable } from "./connect.ts";

export interface ImportErrorRow {
  id: number;
  relative_fileloc: string;
  fileloc: string;
  stack_trace: string;
  timestamp: Date;
}

/** The files that could not be loaded, newest error first. */
export async function listImportErrors(db: Queryable): Promise<ImportErrorRow[]> {
  const { rows } = await db.query<ImportErrorRow>(
    "select id, relative_fileloc, fileloc, stack_trace, timestamp from import_error order by timestamp desc, id desc",
  );
  return rows;
}

/** Why a file could not be loaded, if so. */
export async function findImportError(db: Queryable, relativeFileloc: string): Promise<ImportErrorRow | undefined> {
  const { rows } = await db.query<ImportErrorRow>(
    "select id, relative_fileloc, fileloc, stack_trace, timestamp from import_error where relative_fileloc = $1",
    [relativeFileloc],
  );
  return rows[0];
}

/** The last sign of life of the processes of a kind. */
export interface Heartbeat {
  readonly latestHeartbeat: Date;
  /** By the database's clock. */
  readonly secondsAgo: number;
  /** Whether the process has not said that it ends. */
  readonly running: boolean;
}

/** When a process of a kind was last alive; undefined when none ever was. */
export async function findLatestHeartbeat(db: Queryable, jobType: string): Promise<Heartbeat | undefined> {
  const { rows } = await db.query<{ latest_heartbeat: Date; seconds_ago: number; running: boolean }>(
    `select latest_heartbeat, extract(epoch from now() - latest_heartbeat)::double precision as seconds_ago,
       state = 'running' as running
     from job where job_type = $1 order by (state = 'running') desc, latest_heartbeat desc limit 1`,
    [jobType],
  );
  const row = rows[0];
  return row && { latestHeartbeat: row.latest_heartbeat, secondsAgo: row.seconds_ago, running: row.running };
}

/** Whether a process of the kind lives. @param thresholdSeconds after which silence is taken for death */
export function isAlive(heartbeat: Heartbeat | undefined, thresholdSeconds: number): boolean {
  return (heartbeat?.running && heartbeat.secondsAgo <= thresholdSeconds) ?? false;
}
