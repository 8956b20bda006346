import { readDagAssets } from "#core/assets/dag-assets.ts";
import type { DagRow, DagVersionRow } from "#core/database/console-dags.ts";
import { readParams } from "#core/params/params.ts";
import { maskSecrets, maskText } from "#core/secrets/mask-secrets.ts";
import type { SerializedDagFields } from "#sdk/serialized-dag.ts";
import type { DagAnswer, DagDetailsAnswer, DagVersionAnswer, Json, TimeDelta } from "../../protocol.ts";
import type { FileTokens } from "../file-token.ts";
import { describeTimetable } from "./describe-timetable.ts";
import { showInstant } from "./show-instant.ts";

/** The one bundle there is: the dags folder. */
export const BUNDLE_NAME = "dags-folder";

/** A DAG as Airflow's API answers it. */
export function showDag(dag: DagRow, fileTokens: FileTokens): DagAnswer {
  const displayName = dag.dag_display_name ?? dag.dag_id;
  return {
    dag_id: dag.dag_id,
    dag_display_name: displayName,
    is_paused: dag.is_paused,
    is_stale: dag.is_stale,
    last_parsed_time: showInstant(dag.last_parsed_time),
    last_parse_duration: dag.last_parse_duration,
    last_expired: null,
    bundle_name: BUNDLE_NAME,
    bundle_version: null,
    relative_fileloc: dag.relative_fileloc,
    fileloc: dag.fileloc,
    file_token: fileTokens.create(dag.relative_fileloc),
    description: dag.description,
    timetable_summary: dag.timetable_summary,
    timetable_description: describeTimetable(dag.timetable_summary),
    timetable_partitioned: false,
    tags: dag.tags.map((name) => ({ name, dag_id: dag.dag_id, dag_display_name: displayName })),
    max_active_tasks: dag.max_active_tasks,
    max_active_runs: dag.max_active_runs,
    max_consecutive_failed_dag_runs: 0,
    has_task_concurrency_limits: false,
    has_import_errors: dag.has_import_errors,
    next_dagrun_logical_date: showInstant(dag.next_dagrun_logical_date),
    next_dagrun_data_interval_start: showInstant(dag.next_dagrun_data_interval_start),
    next_dagrun_data_interval_end: showInstant(dag.next_dagrun_data_interval_end),
    next_dagrun_run_after: showInstant(dag.next_dagrun_run_after),
    owners: splitOwners(dag.owners),
    allowed_run_types: null,
  };
}

/** A DAG with what its current version says of it. */
export function showDagDetails(
  dag: DagRow,
  version: DagVersionRow | undefined,
  activeRuns: number,
  fileTokens: FileTokens,
): DagDetailsAnswer {
  const fields = version?.serialized.dag;
  return {
    ...showDag(dag, fileTokens),
    max_consecutive_failed_dag_runs: fields?.max_consecutive_failed_dag_runs ?? 0,
    has_task_concurrency_limits: fields !== undefined && hasTaskLimits(fields),
    catchup: fields?.catchup ?? false,
    dag_run_timeout: showDuration(fields?.dagrun_timeout),
    asset_expression: fields === undefined ? null : (readDagAssets(fields).expression as Json),
    doc_md: fields?.doc_md === undefined ? null : maskText(fields.doc_md),
    start_date: showEpochSeconds(fields?.start_date),
    end_date: showEpochSeconds(fields?.end_date),
    is_paused_upon_creation: fields?.is_paused_upon_creation ?? null,
    params: showParams(fields),
    render_template_as_native_obj: fields?.render_template_as_native_obj ?? false,
    template_search_path: null,
    timezone: fields?.timezone ?? "UTC",
    last_parsed: showInstant(dag.last_parsed_time),
    default_args: null,
    allowed_run_types: fields?.allowed_run_types?.slice() ?? null,
    owner_links: fields?.owner_links ?? null,
    is_favorite: false,
    active_runs_count: activeRuns,
    concurrency: dag.max_active_tasks,
    latest_dag_version:
      version === undefined
        ? null
        : showVersion(dag.dag_id, dag.dag_display_name, version.id, version.version_number, version.created_at),
  };
}

export function showVersion(
  dagId: string,
  displayName: string | null,
  id: string,
  versionNumber: number,
  createdAt: Date,
): DagVersionAnswer {
  return {
    id,
    version_number: versionNumber,
    dag_id: dagId,
    dag_display_name: displayName ?? dagId,
    bundle_name: BUNDLE_NAME,
    bundle_version: null,
    bundle_url: null,
    created_at: createdAt.toISOString(),
  };
}

/** Seconds in the form of Python's timedelta. */
export function showDuration(seconds: number): TimeDelta;
export function showDuration(seconds: number | undefined): TimeDelta | null;
export function showDuration(seconds: number | undefined): TimeDelta | null {
  if (seconds === undefined) return null;
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  return {
    __type: "TimeDelta",
    days,
    seconds: Math.floor(rest),
    microseconds: Math.round((rest - Math.floor(rest)) * 1e6),
  };
}

export function splitOwners(owners: string): string[] {
  return owners
    .split(",")
    .map((owner) => owner.trim())
    .filter((owner) => owner !== "");
}

export function showEpochSeconds(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString();
}

function hasTaskLimits(dag: SerializedDagFields): boolean {
  return dag.tasks.some(
    ({ __var: task }) => task.max_active_tis_per_dag !== undefined || task.max_active_tis_per_dagrun !== undefined,
  );
}

/** Params by name; the value of one without a default is null, as in Airflow. */
export function showParams(fields: Partial<Pick<SerializedDagFields, "params">> | undefined): Record<string, Json> {
  const params = readParams(fields?.params).map(({ name, default: value = null, description, schema }) => [
    name,
    { value: maskSecrets(value, name), description, schema },
  ]);
  return Object.fromEntries(params) as Record<string, Json>;
}
