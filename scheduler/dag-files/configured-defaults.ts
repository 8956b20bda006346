import { resolve } from "node:path";
import type { AirflowConfig } from "#core/config/options.ts";
import { codeCacheDir } from "#core/dag-code/materialize.ts";
import { readTimezone } from "#sdk/time-zone.ts";
import type { ParseDefaults } from "./parse-protocol.ts";
import type { DagDefaults } from "./store-parsed-file.ts";

/** What parse processes take from the configuration. */
export function parseDefaultsOf({ home, celery, core, dag_processor, scheduler }: AirflowConfig): ParseDefaults {
  return {
    taskDefaults: {
      queue: celery.default_queue,
      retries: core.default_task_retries,
      retryDelay: core.default_task_retry_delay,
      maxRetryDelay: core.max_task_retry_delay,
      weightRule: core.default_task_weight_rule,
      executionTimeout: Number(core.default_task_execution_timeout),
      maxConsecutiveFailedRuns: core.max_consecutive_failed_dag_runs_per_dag,
    },
    maxMapLength: core.max_map_length,
    schedules: {
      timezone: defaultTimezone(core.default_timezone),
      cronDataIntervals: scheduler.create_cron_data_intervals,
      deltaDataIntervals: scheduler.create_delta_data_intervals,
    },
    dagsFolder: resolve(core.dags_folder),
    cacheDir: codeCacheDir(home),
    safeMode: core.dag_discovery_safe_mode,
    memoryLimit: dag_processor.dag_file_memory_limit,
  };
}

/** What the configuration says of DAGs that do not say it themselves. */
export function dagDefaultsOf({ core, scheduler, dag_processor }: AirflowConfig): DagDefaults {
  return {
    isPaused: core.dags_are_paused_at_creation,
    maxActiveTasks: core.max_active_tasks_per_dag,
    maxActiveRuns: core.max_active_runs_per_dag,
    catchup: scheduler.catchup_by_default,
    disableBundleVersioning: dag_processor.disable_bundle_versioning,
  };
}

function defaultTimezone(configured: string): string {
  if (configured === "system") return Intl.DateTimeFormat().resolvedOptions().timeZone;
  return readTimezone("[core] default_timezone", configured);
}
