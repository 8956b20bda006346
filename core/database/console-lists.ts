import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { SqlConditions } from "./sql-conditions.ts";

export interface ImportErrorRow {
  id: number;
  relative_fileloc: string;
  fileloc: string;
  stack_trace: string;
  timestamp: Date;
}

const COLUMNS = "id, relative_fileloc, fileloc, stack_trace, timestamp";

/** The files that could not be loaded, newest error first. */
export async function listImportErrors(db: Queryable): Promise<ImportErrorRow[]> {
  const { rows } = await db.query<ImportErrorRow>(
    `select ${COLUMNS} from import_error order by timestamp desc, id desc`,
  );
  return rows;
}

/** What import errors may be ordered by. */
export const IMPORT_ERROR_ORDER = {
  id: "id",
  import_error_id: "id",
  timestamp: "timestamp",
  filename: "fileloc",
  stacktrace: "stack_trace",
} as const;

/** One page of the files that could not be loaded, and how many pass. */
export async function listImportErrorsPage(
  db: Queryable,
  filter: { readonly filenamePattern?: string; readonly filename?: string },
  page: Page<keyof typeof IMPORT_ERROR_ORDER>,
): Promise<{ rows: ImportErrorRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.filenamePattern !== undefined) where.addPattern("fileloc", filter.filenamePattern);
  if (filter.filename !== undefined) where.add("fileloc = ?", filter.filename);
  return listPage<ImportErrorRow, keyof typeof IMPORT_ERROR_ORDER>(
    db,
    {
      select: `select ${COLUMNS} from import_error`,
      counted: "import_error",
      where,
      order: IMPORT_ERROR_ORDER,
      tieBreaker: "id",
    },
    page,
  );
}

/** Why a file could not be loaded, if so. */
export async function findImportError(db: Queryable, relativeFileloc: string): Promise<ImportErrorRow | undefined> {
  const { rows } = await db.query<ImportErrorRow>(`select ${COLUMNS} from import_error where relative_fileloc = $1`, [
    relativeFileloc,
  ]);
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
