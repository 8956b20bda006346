/**
 * Airflow's options about failures and limits that Daisy does not read, because it does otherwise what they are for:
 * whoever has set one relies on something. By `section.key`: Airflow's default, which is nothing to speak of, and what to
 * do instead.
 */
export const WITHOUT_EFFECT: ReadonlyMap<string, { readonly standard: string; readonly instead: string }> = new Map([
  [
    "workers.max_failed_heartbeats",
    { standard: "3", instead: "a task is stopped shortly before [scheduler] task_instance_heartbeat_timeout" },
  ],
  ["workers.min_heartbeat_interval", { standard: "5", instead: "set [scheduler] task_instance_heartbeat_sec" }],
  [
    "celery.task_acks_late",
    { standard: "True", instead: "a job is only a hint; the task's row in the database says who has it" },
  ],
  [
    "celery_broker_transport_options.visibility_timeout",
    { standard: "", instead: "a job is told again every [scheduler] orphaned_tasks_check_interval" },
  ],
  [
    "celery.worker_prefetch_multiplier",
    { standard: "1", instead: "a worker takes as many tries as it runs, [celery] worker_concurrency" },
  ],
  ["scheduler.max_tis_per_query", { standard: "16", instead: "all that may start is queued in one statement" }],
  [
    "scheduler.max_dagruns_per_loop_to_schedule",
    { standard: "20", instead: "a round looks at every run in which something changed" },
  ],
  [
    "scheduler.use_row_level_locking",
    { standard: "True", instead: "any number of schedulers may run on one database, and rows are always locked" },
  ],
]);
