/** One option of airflow.cfg: its default (which also gives its type) and what it is for. */
export interface Option<T extends string | number | boolean = string | number | boolean> {
  readonly default: T;
  readonly description: string;
  /** Whether `_CMD` and `_SECRET` are honoured, and the value is never shown. */
  readonly sensitive?: boolean;
  /** The smallest number allowed. @default 0 */
  readonly min?: number;
  /** The largest number allowed. */
  readonly max?: number;
  /** Whether only whole numbers are allowed. */
  readonly whole?: boolean;
  /** The words allowed; any when absent. */
  readonly values?: readonly string[];
  /** What a text that is not empty has to look like. */
  readonly shape?: { readonly pattern: RegExp; readonly expected: string };
  /** Where older Airflow versions keep it, as `section.key`; read with a deprecation warning. */
  readonly formerly?: readonly string[];
}

const text = (
  value: string,
  description: string,
  more: Omit<Option, "default" | "description"> = {},
): Option<string> => ({
  default: value,
  description,
  ...more,
});
const number = (
  value: number,
  description: string,
  more: Omit<Option, "default" | "description"> = {},
): Option<number> => ({
  default: value,
  description,
  ...more,
});
/** A whole number. */
const count = (
  value: number,
  description: string,
  more: Omit<Option, "default" | "description"> = {},
): Option<number> => number(value, description, { ...more, whole: true });
const flag = (
  value: boolean,
  description: string,
  more: Omit<Option, "default" | "description"> = {},
): Option<boolean> => ({
  default: value,
  description,
  ...more,
});

const POSTGRESQL_URL = {
  pattern: /^postgres(ql)?(\+\w+)?:\/\//,
  expected: "a PostgreSQL URL, postgresql://user:password@host:port/database",
};
const BROKER_URL = {
  pattern: /^(rediss?|postgres(ql)?(\+\w+)?):\/\//,
  expected: "a Redis URL, redis://:password@host:port/db, or a PostgreSQL URL",
};

/**
 * Every option that Daisy reads, by section, with its default. `{AIRFLOW_HOME}` in a default is replaced.
 * Keys and defaults are Airflow's where Airflow has them; durations are seconds. The six lines that the TFX
 * workshop's setup edits with sed are among them, in Airflow 1.10's form.
 */
export const OPTIONS = {
  core: {
    dags_folder: text("{AIRFLOW_HOME}/dags", "The folder with the DAG files"),
    parallelism: count(32, "Task instances that may be queued or running at once, per scheduler", { min: 1 }),
    max_active_tasks_per_dag: count(16, "Task instances of one DAG run that may be queued or running at once", {
      min: 1,
      formerly: ["core.dag_concurrency"],
    }),
    max_active_runs_per_dag: count(16, "Runs of one DAG that may be running at once", { min: 1 }),
    dags_are_paused_at_creation: flag(true, "Whether a DAG is paused when it is first seen"),
    load_examples: flag(true, "Whether the example DAGs that ship are shown"),
    dagbag_import_timeout: number(30, "Seconds that loading one DAG file may take", { min: 0.1 }),
    dag_discovery_safe_mode: flag(true, "Whether only files that speak of a dag and of airflow or daisy are loaded"),
    dag_ignore_file_syntax: text(
      "glob",
      "What .airflowignore files are written in: glob, as in .gitignore, or regexp",
      {
        values: ["glob", "regexp"],
      },
    ),
    default_timezone: text("utc", "The time zone of DAGs that name none: utc, system, or a name such as Europe/Zurich"),
    default_task_retries: count(0, "Retries of a task that says nothing of its own"),
    default_task_retry_delay: number(300, "Seconds before a retry of a task that says nothing of its own"),
    max_task_retry_delay: number(86_400, "The longest wait before a retry, with backoff, in seconds", { min: 1 }),
    default_task_weight_rule: text("downstream", "How the priority of a task that says nothing is counted", {
      values: ["downstream", "upstream", "absolute"],
    }),
    default_task_execution_timeout: text("", "Seconds that a try of a task that says nothing may take; empty: any", {
      shape: { pattern: /^\d+(\.\d+)?$/, expected: "a number of seconds, or nothing" },
    }),
    max_consecutive_failed_dag_runs_per_dag: count(
      0,
      "Failed runs in a row after which a DAG that says nothing is paused; 0: never",
    ),
    dag_run_conf_overrides_params: flag(true, "Whether what a run is triggered with replaces params of the same names"),
    max_templated_field_length: count(4096, "Characters of a rendered template field that are kept for the console", {
      min: 1,
    }),
    max_num_rendered_ti_fields_per_task: count(
      30,
      "Newest runs of a DAG whose rendered template fields are kept; 0: all",
    ),
    template_rendering_timeout: number(10, "Seconds that rendering a task's templates may take", { min: 0.1 }),
    max_map_length: count(1024, "The longest list, or most entries, that a task may be expanded over", { min: 1 }),
    fernet_key: text(
      "",
      "Encrypts variables and the passwords and extras of connections: Fernet keys separated by commas, of which the first encrypts and all decrypt; empty: they are stored as they are",
      { sensitive: true },
    ),
    default_impersonation: text(
      "",
      "The user of the operating system as whom tasks run, when the worker runs as root; empty: the worker's own",
    ),
    hide_sensitive_var_conn_fields: flag(
      true,
      "Whether values under names that sound like secrets are hidden where they leave",
    ),
    sensitive_var_conn_names: text("", "More names that sound like secrets, separated by commas"),
    killed_task_cleanup_time: number(
      5,
      "Seconds that a task has to end by itself after SIGTERM, before SIGKILL (Airflow: 60)",
    ),
    execute_tasks_new_python_interpreter: flag(false, "Whether each try gets a process that has run no other try"),
  },
  database: {
    sql_alchemy_conn: text(
      "",
      "postgresql://user:password@host:port/database; empty: `airflow standalone` starts a server of its own",
      { sensitive: true, formerly: ["core.sql_alchemy_conn"], shape: POSTGRESQL_URL },
    ),
    sql_alchemy_pool_size: count(
      10,
      "Database connections of one process; a worker has up to 5 more, for its heartbeats and tries",
      {
        min: 2,
        formerly: ["core.sql_alchemy_pool_size"],
      },
    ),
  },
  celery: {
    broker_url: text(
      "",
      "redis://:password@host:port/db; empty: `airflow standalone` starts a private server, or queues in PostgreSQL where there is no redis-server",
      { sensitive: true, shape: BROKER_URL },
    ),
    worker_concurrency: count(16, "Tries that one worker runs at once", { min: 1 }),
    worker_max_tasks_per_child: count(5000, "Tries after which a task process is replaced by a fresh one", { min: 1 }),
    worker_soft_shutdown_timeout: number(
      10,
      "Seconds that a worker which is told to stop lets its tries go on before it stops them and gives them back",
    ),
    default_queue: text("default", "The queue of tasks that name none, and the one a worker takes when not told", {
      formerly: ["operators.default_queue"],
    }),
  },
  dag_processor: {
    stale_dag_threshold: number(
      50,
      "Seconds for which DAGs are kept whose files cannot be reached, because their folder cannot be read or is empty; what is deleted goes at once",
      { formerly: ["scheduler.stale_dag_threshold"] },
    ),
    dag_file_memory_limit: count(
      1024,
      "Megabytes that a process which loads DAG files may take, on its heap and beside it; 0: any",
    ),
    dag_version_inflation_check_level: text(
      "warning",
      "What becomes of a DAG that differs each time its file is loaded: off (a version each time there were runs), warning, or error (an import error)",
      { values: ["off", "warning", "error"] },
    ),
    disable_bundle_versioning: flag(
      false,
      "Whether unfinished runs follow their DAG's changes, when the DAG does not say, instead of keeping the version they started with",
    ),
  },
  operators: {
    default_deferrable: flag(false, "Whether triggerDagRun waits for its run without a worker when it does not say"),
  },
  scheduler: {
    dag_dir_list_interval: number(
      300,
      "Seconds between looks for new and deleted DAG files; changes are also seen as they happen",
      {
        formerly: ["dag_processor.refresh_interval"],
      },
    ),
    min_file_process_interval: number(
      30,
      "Seconds before an unchanged DAG file is loaded again; more, when there are so many that it would cost more than a hundredth of a processor",
      { formerly: ["dag_processor.min_file_process_interval"] },
    ),
    job_heartbeat_sec: number(5, "Seconds between heartbeats of a process", { min: 0.1 }),
    scheduler_heartbeat_sec: number(5, "Seconds between sweeps that repair what a lost wake-up missed", { min: 0.1 }),
    max_threads: count(2, "Processes that parse DAG files", {
      min: 1,
      formerly: ["scheduler.parsing_processes", "dag_processor.parsing_processes"],
    }),
    catchup_by_default: flag(
      false,
      "Whether runs missed since a DAG's start date are created when the DAG does not say",
    ),
    ignore_first_depends_on_past_by_default: flag(
      true,
      "Whether a task that depends on its past starts in a DAG's run when no earlier run had the task, when it does not say",
    ),
    create_cron_data_intervals: flag(
      false,
      "Whether a cron expression or a preset runs at the end of each interval (Airflow 2) instead of at its ticks",
    ),
    create_delta_data_intervals: flag(
      false,
      "Whether a plain delta runs at the end of each interval (Airflow 2) instead of at its steps",
    ),
    task_instance_heartbeat_sec: number(
      1,
      "Seconds between heartbeats of running tries, which also tell the worker of tries that were cleared or marked; at most a third of task_instance_heartbeat_timeout, 0: one second (Airflow: 0, the whole of the timeout)",
      { formerly: ["scheduler.local_task_job_heartbeat_sec"] },
    ),
    task_instance_heartbeat_timeout: number(
      15,
      "Seconds without a heartbeat after which a running try counts as lost (Airflow: 300)",
      { min: 1, formerly: ["scheduler.scheduler_zombie_task_threshold"] },
    ),
    task_instance_heartbeat_timeout_detection_interval: number(
      1,
      "Seconds between looks for running tries that are lost (Airflow: 10)",
      { min: 0.1, formerly: ["scheduler.zombie_detection_interval"] },
    ),
    task_queued_timeout: number(
      600,
      "Seconds that a try may wait in the queue for a worker to take it, before it is taken back and queued anew",
      { min: 1, formerly: ["celery.stalled_task_timeout", "celery.task_adoption_timeout"] },
    ),
    task_queued_timeout_check_interval: number(
      10,
      "Seconds between looks for tries that wait in the queue for too long, or in a queue that no worker takes from (Airflow: 120)",
      { min: 0.1 },
    ),
    num_stuck_in_queued_retries: count(
      2,
      "How often a try that waits in the queue for too long is queued anew before it fails",
    ),
    orphaned_tasks_check_interval: number(
      1,
      "Seconds between looks for queued tries of which no worker may have heard, because Redis or a scheduler was lost (Airflow: 300)",
      { min: 0.1 },
    ),
    scheduler_health_check_threshold: number(
      30,
      "Seconds without a heartbeat after which a scheduler counts as unhealthy",
      { min: 1 },
    ),
    max_dagruns_to_create_per_loop: count(10, "DAGs for which due runs are created at once", { min: 1 }),
  },
  triggerer: {
    capacity: count(100_000, "Triggers that one triggerer looks after at most", {
      min: 1,
      formerly: ["triggerer.default_capacity"],
    }),
    triggerer_health_check_threshold: number(
      30,
      "Seconds without a heartbeat after which a triggerer counts as unhealthy",
      { min: 1 },
    ),
  },
  secrets: {
    backend: text(
      "",
      "Where secrets are looked for first: airflow.secrets.local_filesystem.LocalFilesystemBackend or daisy.secrets.CommandBackend",
    ),
    backend_kwargs: text("", "The backend's arguments, as a JSON object", { sensitive: true }),
  },
  api: {
    expose_config: text(
      "False",
      "Whether the API shows the configuration: False, True or non-sensitive-only; what is secret is never shown",
      { values: ["False", "True", "non-sensitive-only"], formerly: ["webserver.expose_config"] },
    ),
    secret_key: text(
      "",
      "Signs tokens, among them those for workers' logs: the same on all machines; empty: a random one at each start",
      { sensitive: true, formerly: ["webserver.secret_key"] },
    ),
  },
  webserver: {
    base_url: text("http://localhost:8080", "Where users reach the console", { formerly: ["api.base_url"] }),
    web_server_host: text("127.0.0.1", "The address the console binds to"),
    web_server_port: count(8080, "The port the console binds to", { min: 0, max: 65_535 }),
    authenticate: flag(false, "Whether users log in; without it the console binds to loopback addresses only"),
    dag_default_view: text("tree", "What a click on a DAG opens", { values: ["tree", "graph", "grid"] }),
    log_fetch_timeout_sec: number(5, "Seconds that a worker's log server may take to answer", { min: 0.1 }),
    log_request_clock_grace: count(
      30,
      "Seconds for which a request for a worker's log holds, and by which clocks may differ",
      { min: 1 },
    ),
  },
  smtp: {
    smtp_host: text("localhost", "The mail server of tasks, where there is no connection smtp_default"),
    smtp_port: count(25, "Its port", { min: 1, max: 65_535 }),
    smtp_starttls: flag(true, "Whether mails are sent only after STARTTLS"),
    smtp_ssl: flag(false, "Whether the connection is encrypted from its start"),
    smtp_user: text("", "The login; empty: none"),
    smtp_password: text("", "Its password", { sensitive: true }),
    smtp_mail_from: text("airflow@example.com", "The sender of mails that name none"),
    smtp_timeout: number(30, "Seconds that the server may be silent", { min: 1 }),
    smtp_retry_limit: count(5, "How often a mail is tried when the connection breaks", { min: 1 }),
  },
  logging: {
    base_log_folder: text("{AIRFLOW_HOME}/logs", "The folder of task logs", { formerly: ["core.base_log_folder"] }),
    min_length_masked_secret: count(5, "The shortest secret that is hidden in texts", { min: 1 }),
    retention_days: number(0, "Days after which the logs of tries are deleted; 0: they are kept"),
    worker_log_server_host: text(
      "",
      "The address at which workers serve their logs to web servers on other machines, such as 0.0.0.0; empty: they do not",
    ),
    worker_log_server_port: count(8793, "The port at which workers serve their logs; 0: any", {
      max: 65_535,
      formerly: ["celery.worker_log_server_port"],
    }),
    logging_level: text("INFO", "The least level of the processes' own logs", {
      values: ["DEBUG", "INFO", "WARNING", "ERROR"],
      formerly: ["core.logging_level"],
    }),
  },
} as const;

type Sections = typeof OPTIONS;
type ValueOf<O> = O extends Option<infer T> ? T : never;

/** The complete configuration that code receives: every option has a value of its type, and none can be changed. */
export type AirflowConfig = {
  readonly [S in keyof Sections]: { readonly [K in keyof Sections[S]]: ValueOf<Sections[S][K]> };
} & {
  /** `$AIRFLOW_HOME`, absolute. */
  readonly home: string;
};

/** What may be set beside the file: by section and key. */
export type AirflowConfigOverrides = {
  readonly [S in keyof Sections]?: { readonly [K in keyof Sections[S]]?: ValueOf<Sections[S][K]> };
};
