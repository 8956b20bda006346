import { type Database, transaction } from "./connect.ts";
import { lockStoredFiles } from "./dag-versions.ts";

/** How many rows were forgotten, by table. */
export interface Forgotten {
  readonly dagVersions: number;
  readonly dagCodes: number;
  readonly jobs: number;
}

/** Long enough for whoever looks at what an edit did, or when a process ended. */
const VERSIONS_DAYS = 1;
const JOBS_DAYS = 7;

/**
 * Deletes what Daisy writes down for itself and nobody needs any more: versions of DAGs that never had a run or have
 * none left, except the latest; code of no version; processes that ended. What users did and made is theirs to clean
 * away, by `airflow db clean`.
 */
export function forgetUnneeded(db: Database): Promise<Forgotten> {
  return transaction(db, async (tx) => {
    await lockStoredFiles(tx);
    const versions = await tx.query(
      `delete from dag_version v where created_at < now() - $1 * interval '1 day'
          and not exists (select from dag where dag_version_id = v.id)
          and not exists (select from dag_run where dag_version_id = v.id)`,
      [VERSIONS_DAYS],
    );
    const codes = await tx.query(
      `delete from dag_code c where created_at < now() - $1 * interval '1 day'
          and not exists (select from dag_version where code_hash = c.code_hash)`,
      [VERSIONS_DAYS],
    );
    const jobs = await tx.query("delete from job where latest_heartbeat < now() - $1 * interval '1 day'", [JOBS_DAYS]);
    return { dagVersions: versions.rowCount ?? 0, dagCodes: codes.rowCount ?? 0, jobs: jobs.rowCount ?? 0 };
  });
}
