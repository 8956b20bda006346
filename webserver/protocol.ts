/**
 * What the web server and the console say to each other. The shapes under `/api/v2` are Airflow 3's, with every field
 * that Airflow sends; those under `/ui` are Daisy's own and may change. Times are ISO 8601 in UTC, durations seconds.
 */
import type { DagRunState, TaskState } from "#sdk/states.ts";

/** A JSON value as it came from the database. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** An instant: ISO 8601, UTC. */
export type Instant = string;

export interface DagTag {
  name: string;
  dag_id: string;
  dag_display_name: string;
}

export interface DagAnswer {
  dag_id: string;
  dag_display_name: string;
  is_paused: boolean;
  is_stale: boolean;
  last_parsed_time: Instant | null;
  last_parse_duration: number | null;
  last_expired: Instant | null;
  bundle_name: string;
  bundle_version: string | null;
  relative_fileloc: string;
  fileloc: string;
  file_token: string;
  description: string | null;
  timetable_summary: string;
  timetable_description: string;
  timetable_partitioned: boolean;
  tags: DagTag[];
  max_active_tasks: number;
  max_active_runs: number;
  max_consecutive_failed_dag_runs: number;
  has_task_concurrency_limits: boolean;
  has_import_errors: boolean;
  next_dagrun_logical_date: Instant | null;
  next_dagrun_data_interval_start: Instant | null;
  next_dagrun_data_interval_end: Instant | null;
  next_dagrun_run_after: Instant | null;
  owners: string[];
  allowed_run_types: string[] | null;
}

export interface DagVersionAnswer {
  id: string;
  version_number: number;
  dag_id: string;
  dag_display_name: string;
  bundle_name: string;
  bundle_version: string | null;
  bundle_url: string | null;
  created_at: Instant;
}

export interface DagDetailsAnswer extends DagAnswer {
  catchup: boolean;
  dag_run_timeout: TimeDelta | null;
  /** Which assets the DAG waits for. */
  asset_expression: Json;
  doc_md: string | null;
  start_date: Instant | null;
  end_date: Instant | null;
  is_paused_upon_creation: boolean | null;
  params: Record<string, Json>;
  render_template_as_native_obj: boolean;
  template_search_path: string[] | null;
  timezone: string;
  last_parsed: Instant | null;
  default_args: Record<string, Json> | null;
  owner_links: Record<string, string> | null;
  is_favorite: boolean;
  active_runs_count: number;
  concurrency: number;
  latest_dag_version: DagVersionAnswer | null;
}

export interface TimeDelta {
  __type: "TimeDelta";
  days: number;
  seconds: number;
  microseconds: number;
}

export interface TaskAnswer {
  task_id: string;
  task_display_name: string;
  owner: string;
  start_date: Instant | null;
  end_date: Instant | null;
  trigger_rule: string;
  depends_on_past: boolean;
  wait_for_downstream: boolean;
  retries: number;
  queue: string;
  pool: string;
  pool_slots: number;
  execution_timeout: TimeDelta | null;
  retry_delay: TimeDelta;
  retry_exponential_backoff: number;
  priority_weight: number;
  weight_rule: string;
  ui_color: string;
  ui_fgcolor: string;
  template_fields: string[];
  downstream_task_ids: string[];
  doc_md: string | null;
  operator_name: string;
  params: Record<string, Json>;
  class_ref: Record<string, string>;
  is_mapped: boolean;
  extra_links: string[];
}

export interface DagRunAnswer {
  dag_run_id: string;
  dag_id: string;
  dag_display_name: string;
  logical_date: Instant | null;
  queued_at: Instant | null;
  start_date: Instant | null;
  end_date: Instant | null;
  duration: number | null;
  data_interval_start: Instant | null;
  data_interval_end: Instant | null;
  run_after: Instant;
  last_scheduling_decision: Instant | null;
  run_type: string;
  state: DagRunState;
  triggered_by: string;
  triggering_user_name: string | null;
  conf: Json;
  note: string | null;
  dag_versions: DagVersionAnswer[];
  bundle_version: string | null;
  partition_key: string | null;
}

export interface TaskInstanceAnswer {
  id: string;
  task_id: string;
  task_display_name: string;
  dag_id: string;
  dag_display_name: string;
  dag_run_id: string;
  map_index: number;
  rendered_map_index: string | null;
  logical_date: Instant | null;
  run_after: Instant;
  start_date: Instant | null;
  end_date: Instant | null;
  duration: number | null;
  state: TaskState | null;
  try_number: number;
  max_tries: number;
  hostname: string | null;
  unixname: string | null;
  pool: string;
  pool_slots: number;
  queue: string | null;
  priority_weight: number | null;
  operator: string | null;
  operator_name: string | null;
  queued_when: Instant | null;
  scheduled_when: Instant | null;
  pid: number | null;
  executor: string | null;
  executor_config: string;
  note: string | null;
  rendered_fields: Record<string, Json>;
  /** What a deferred one waits for. */
  trigger: TriggerAnswer | null;
  /** The triggerer that looks after that; the scheduler itself waits for moments. */
  triggerer_job: JobAnswer | null;
  dag_version: DagVersionAnswer | null;
}

/** A task that a run does not have yet. */
export interface NewTaskAnswer {
  task_id: string;
  task_display_name: string;
}

/** What became of the actions of a bulk request: keys of what was done, and what could not be. */
export interface BulkAnswer {
  create: BulkActionAnswer | null;
  update: BulkActionAnswer | null;
  delete: BulkActionAnswer | null;
}

export interface BulkActionAnswer {
  success: string[];
  errors: { error: string; status_code: number }[];
}

export interface TriggerAnswer {
  id: string;
  /** Airflow's class for it. */
  classpath: string;
  /** As JSON text. */
  kwargs: string;
  created_date: Instant;
  queue: null;
  triggerer_id: string | null;
}

export interface JobAnswer {
  id: string;
  dag_id: null;
  state: string;
  job_type: string;
  start_date: Instant;
  end_date: Instant | null;
  latest_heartbeat: Instant;
  executor_class: null;
  hostname: string;
  unixname: null;
  dag_display_name: null;
}

/** One try; what is known of a past try is less than of the latest. */
export type TaskInstanceTryAnswer = Omit<
  TaskInstanceAnswer,
  "id" | "logical_date" | "run_after" | "rendered_map_index" | "rendered_fields" | "note" | "trigger" | "triggerer_job"
> & { task_instance_id: string };

export interface LogLine {
  timestamp?: Instant;
  level?: string;
  event: string;
}

export interface LogAnswer {
  content: LogLine[];
  /** Where the next request goes on; null when the try has ended and its log was read to the end. */
  continuation_token: string | null;
}

export interface XComAnswer {
  key: string;
  timestamp: Instant;
  logical_date: Instant | null;
  map_index: number;
  task_id: string;
  task_display_name: string;
  dag_id: string;
  dag_display_name: string;
  run_id: string;
  run_after: Instant;
}
export interface XComValueAnswer extends XComAnswer {
  value: Json;
}

export interface ImportErrorAnswer {
  import_error_id: number;
  timestamp: Instant;
  filename: string;
  bundle_name: string;
  stack_trace: string;
}

/** What does not keep a DAG from running, but should be looked at. */
export interface DagWarningAnswer {
  dag_id: string;
  dag_display_name: string;
  warning_type: "non-existent pool" | "runtime varying value";
  message: string;
  timestamp: Instant;
}

export interface PoolAnswer {
  name: string;
  slots: number;
  description: string | null;
  include_deferred: boolean;
  occupied_slots: number;
  running_slots: number;
  queued_slots: number;
  scheduled_slots: number;
  open_slots: number;
  deferred_slots: number;
  team_name: string | null;
}

export interface VariableAnswer {
  key: string;
  /** Masked; null when it cannot be decrypted. */
  value: string | null;
  description: string | null;
  is_encrypted: boolean;
  team_name: string | null;
}

export interface ConnectionAnswer {
  connection_id: string;
  conn_type: string;
  description: string | null;
  host: string | null;
  login: string | null;
  schema: string | null;
  port: number | null;
  /** `***` when there is one. */
  password: string | null;
  /** Masked; null also when it cannot be decrypted. */
  extra: string | null;
  team_name: string | null;
}

export type HealthStatus = "healthy" | "unhealthy" | null;
export interface HealthAnswer {
  metadatabase: { status: HealthStatus };
  scheduler: { status: HealthStatus; latest_scheduler_heartbeat: Instant | null };
  triggerer: { status: HealthStatus; latest_triggerer_heartbeat: Instant | null };
  dag_processor: { status: HealthStatus; latest_dag_processor_heartbeat: Instant | null };
}

export interface VersionAnswer {
  version: string;
  git_version: string | null;
}

/** A list's page: `total_entries` counts all pages. */
export interface AssetReference {
  dag_id: string;
  created_at: Instant;
  updated_at: Instant;
}

export interface AssetTaskReference extends AssetReference {
  task_id: string;
}

export interface AssetAliasAnswer {
  id: number;
  name: string;
  group: string;
}

export interface AssetAnswer {
  id: number;
  name: string;
  uri: string;
  group: string;
  extra: Json;
  created_at: Instant;
  updated_at: Instant;
  scheduled_dags: AssetReference[];
  producing_tasks: AssetTaskReference[];
  consuming_tasks: AssetTaskReference[];
  aliases: AssetAliasAnswer[];
  watchers: never[];
  last_asset_event: { id: number | null; timestamp: Instant | null };
}

/** A run that an asset's event was for. */
export interface AssetEventRun {
  run_id: string;
  dag_id: string;
  logical_date: Instant | null;
  start_date: Instant | null;
  end_date: Instant | null;
  state: string;
  data_interval_start: Instant | null;
  data_interval_end: Instant | null;
  partition_key: null;
}

export interface AssetEventAnswer {
  id: number;
  asset_id: number;
  uri: string;
  name: string;
  group: string;
  extra: Json;
  source_task_id: string | null;
  source_dag_id: string | null;
  source_run_id: string | null;
  source_map_index: number;
  created_dagruns: AssetEventRun[];
  timestamp: Instant;
  partition_key: null;
}

export interface QueuedEventAnswer {
  dag_id: string;
  dag_display_name: string;
  asset_id: number;
  created_at: Instant;
}

export interface HitlUser {
  id: string;
  name: string;
}

/** A value that goes with an answer. */
export interface HitlParam {
  value: Json;
  description?: string;
  schema?: { [key: string]: Json };
}

/** What a task has asked people, and the answer. */
export interface HitlDetailAnswer {
  task_instance: TaskInstanceAnswer;
  options: string[];
  subject: string;
  body: string | null;
  defaults: string[] | null;
  multiple: boolean;
  params: { [name: string]: HitlParam };
  assigned_users: HitlUser[];
  created_at: Instant;
  responded_by_user: HitlUser | null;
  responded_at: Instant | null;
  chosen_options: string[] | null;
  params_input: { [name: string]: Json };
  response_received: boolean;
}

/** What one try asked. */
export type HitlTryAnswer = Omit<HitlDetailAnswer, "task_instance"> & { task_instance: TaskInstanceTryAnswer };

export interface HitlResponseAnswer {
  responded_by: HitlUser;
  responded_at: Instant;
  chosen_options: string[];
  params_input: { [name: string]: Json };
}

export type Page<Name extends string, Item> = { [K in Name]: Item[] } & { total_entries: number };

/** What a request that failed is answered: a text, or for a value that was not accepted a list of what is wrong. */
export interface ErrorAnswer {
  detail: string | ValidationError[];
}
/** A section of the configuration, as Airflow 3's API answers it. */
export interface ConfigSectionAnswer {
  name: string;
  options: { key: string; value: string }[];
}

export interface ConfigAnswer {
  sections: ConfigSectionAnswer[];
}

export interface ValidationError {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
}

// ---- /ui -----------------------------------------------------------------------------------------------------------

/** A task instance's state with the name that stands for none, as in Airflow's legends. */
export type ShownTaskState = TaskState | "no_status";

/** A row of the DAG list. */
export interface DagSummary {
  dag_id: string;
  dag_display_name: string;
  description: string | null;
  is_paused: boolean;
  has_import_errors: boolean;
  timetable_summary: string;
  relative_fileloc: string;
  owners: string[];
  tags: string[];
  max_active_runs: number;
  next_dagrun_run_after: Instant | null;
  /** How many of the assets that it waits for have been updated since its last run; null: it waits for none. */
  assets: { ready: number; total: number } | null;
  /** Task instances of all unfinished runs or, when there is none, of the latest run. */
  recent_tasks: Partial<Record<ShownTaskState, number>>;
  runs: Partial<Record<DagRunState, number>>;
  last_run: RunSummary | null;
}

/** What a DAG waits for; `last_update` null: it has not been updated since the DAG's last run. */
export interface NextRunAssetsAnswer {
  events: { id: number | null; name: string | null; uri: string | null; last_update: Instant | null }[];
}

export interface RunSummary {
  dag_run_id: string;
  run_type: string;
  state: DagRunState;
  logical_date: Instant | null;
  run_after: Instant;
  start_date: Instant | null;
  end_date: Instant | null;
}

export interface DagListAnswer {
  dags: DagSummary[];
  total_entries: number;
  /** How many DAGs there are, whatever the filters. */
  active: number;
  paused: number;
  /** `[webserver] dag_default_view`: what a click on a DAG opens. Airflow's tree has become the grid. */
  default_view: "graph" | "grid";
}

export interface StructureNode {
  id: string;
  label: string;
  kind: "task" | "group";
  /** The group it is in. */
  parent: string | null;
  operator: string;
  ui_color: string;
  ui_fgcolor: string;
  trigger_rule: string;
  /** Whether it has as many instances in a run as there are items: by itself, or by the group that it is in. */
  is_mapped: boolean;
}

/** The graph of a DAG as it was in one version. */
export interface StructureAnswer {
  version_number: number;
  nodes: StructureNode[];
  /** `label`: what the DAG's author wrote beside the edge. */
  edges: { source: string; target: string; label?: string }[];
}

/** What the graph shows of a task in a run; of a mapped one, of all its instances together. */
export interface TaskStateSummary {
  task_id: string;
  /** Whether the task has instances with map indexes. */
  is_mapped: boolean;
  /** How many instances have each state. */
  states: Partial<Record<ShownTaskState, number>>;
  operator: string;
  try_number: number;
  max_tries: number;
  start_date: Instant | null;
  end_date: Instant | null;
}

export interface RunStatesAnswer {
  run: RunSummary;
  tasks: TaskStateSummary[];
}

/** Runs, newest first, by the tasks that the DAG has or had in one of them. */
export interface GridAnswer {
  task_ids: string[];
  runs: (RunSummary & { states: Record<string, TaskState | null> })[];
}

/** A backfill, as `/api/v2/backfills` answers it. */
export interface BackfillAnswer {
  id: number;
  dag_id: string;
  dag_display_name: string;
  from_date: Instant;
  to_date: Instant;
  dag_run_conf: unknown;
  is_paused: boolean;
  reprocess_behavior: "none" | "failed" | "completed";
  max_active_runs: number;
  created_at: Instant;
  completed_at: Instant | null;
  updated_at: Instant;
}

/** The same for the console, with how far it is. */
export interface BackfillProgress extends BackfillAnswer {
  runs: number;
  ended_runs: number;
  failed_runs: number;
}

/** A date for which a backfill would make a run. */
export interface BackfillDryRunAnswer {
  logical_date: Instant;
  partition_key: null;
  partition_date: null;
}

/** A message for the top of the page. */
export interface Flash {
  category: "success" | "error" | "info";
  message: string;
  /** Shown below on demand, such as a stack trace. */
  detail?: string;
}

/** Sent on `/ui/events` as event `change`: what to read again. Empty: everything. */
export interface ChangeEvent {
  dag_ids: string[];
}
