import { chooseInstances } from "./by-hand/choose-instances.ts";
import { clearChosen, requeueRuns } from "./by-hand/clear-instances.ts";
import type { Transaction } from "./connect.ts";

export interface Rerun {
  /** What the runs are given; null: what they had. */
  readonly conf: Readonly<Record<string, unknown>> | null;
  readonly runOnLatestVersion: boolean;
}

/**
 * Clears whole runs that have ended and makes them runs of a backfill (`_handle_clear_run` of
 * `airflow/models/backfill.py`). Returns the ids of those that it did; others have been started again meanwhile.
 */
export async function rerunForBackfill(
  tx: Transaction,
  dagRunIds: readonly number[],
  { conf, runOnLatestVersion }: Rerun,
): Promise<Set<number>> {
  const { rows: runs } = await tx.query<{ id: number; dagVersionId: string }>(
    `select id, dag_version_id as "dagVersionId" from dag_run
      where id = any($1) and state in ('success', 'failed') order by id for update`,
    [dagRunIds],
  );
  const ids = runs.map((run) => run.id);
  await clearChosen(tx, await chooseInstances(tx, runs, {}), { runOnLatestVersion });
  // A run without tasks has nothing to clear.
  await requeueRuns(tx, ids);
  await tx.query(
    `update dag_run set run_type = 'backfill', triggered_by = 'backfill', conf = coalesce($2::json, conf)
      where id = any($1)`,
    [ids, conf === null ? null : JSON.stringify(conf)],
  );
  return new Set(ids);
}
