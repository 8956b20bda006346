import type { BackfillRow } from "#core/database/backfills.ts";
import { maskSecrets } from "#core/secrets/mask-secrets.ts";
import type { BackfillAnswer } from "../../protocol.ts";
import { showInstant } from "./show-instant.ts";

/** A backfill as Airflow's API answers it. */
export function showBackfill(row: BackfillRow): BackfillAnswer {
  return {
    id: row.id,
    dag_id: row.dag_id,
    dag_display_name: row.dag_display_name ?? row.dag_id,
    from_date: row.from_date.toISOString(),
    to_date: row.to_date.toISOString(),
    dag_run_conf: maskSecrets(row.dag_run_conf),
    is_paused: row.is_paused,
    reprocess_behavior: row.reprocess_behavior,
    max_active_runs: row.max_active_runs,
    created_at: row.created_at.toISOString(),
    completed_at: showInstant(row.completed_at),
    updated_at: row.updated_at.toISOString(),
  };
}
