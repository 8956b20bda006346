import type { LastRun } from "#core/database/console-dags.ts";
import type { RunRow } from "#core/database/console-runs.ts";
import { maskSecrets } from "#core/secrets/mask-secrets.ts";
import type { DagRunAnswer, RunSummary } from "../../protocol.ts";
import { showVersion } from "./show-dag.ts";
import { showInstant, showSeconds } from "./show-instant.ts";

/** A DAG run as Airflow's API answers it. */
export function showRun(run: RunRow): DagRunAnswer {
  return {
    dag_run_id: run.run_id,
    dag_id: run.dag_id,
    dag_display_name: run.dag_display_name ?? run.dag_id,
    logical_date: showInstant(run.logical_date),
    queued_at: showInstant(run.queued_at),
    start_date: showInstant(run.start_date),
    end_date: showInstant(run.end_date),
    duration: showSeconds(run.start_date, run.end_date),
    data_interval_start: showInstant(run.data_interval_start),
    data_interval_end: showInstant(run.data_interval_end),
    run_after: run.run_after.toISOString(),
    last_scheduling_decision: null,
    run_type: run.run_type,
    state: run.state,
    triggered_by: run.triggered_by,
    triggering_user_name: null,
    conf: maskSecrets(run.conf),
    note: run.note,
    dag_versions: [
      showVersion(run.dag_id, run.dag_display_name, run.version_id, run.version_number, run.version_created_at),
    ],
    bundle_version: null,
    partition_key: null,
  };
}

/** The little that lists and graphs show of a run. */
export function summarizeRun(run: LastRun): RunSummary {
  return {
    dag_run_id: run.run_id,
    run_type: run.run_type,
    state: run.state,
    logical_date: showInstant(run.logical_date),
    run_after: run.run_after.toISOString(),
    start_date: showInstant(run.start_date),
    end_date: showInstant(run.end_date),
  };
}
