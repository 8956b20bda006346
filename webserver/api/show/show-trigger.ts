import type { TaskInstanceRow } from "#core/database/console-task-instances.ts";
import { maskSecrets } from "#core/secrets/mask-secrets.ts";
import type { TriggerKind } from "#sdk/triggers/trigger.ts";
import type { JobAnswer, TriggerAnswer } from "../../protocol.ts";

/** What Airflow calls the triggers. */
const CLASSPATHS: Readonly<Record<TriggerKind, string>> = {
  time: "airflow.providers.standard.triggers.temporal.DateTimeTrigger",
  file: "airflow.providers.standard.triggers.file.FileTrigger",
  http: "airflow.providers.http.triggers.http.HttpSensorTrigger",
  dag_run: "airflow.providers.standard.triggers.external_task.DagStateTrigger",
  external_task: "airflow.providers.standard.triggers.external_task.WorkflowTrigger",
  external: "airflow.providers.standard.triggers.hitl.HITLTrigger",
};

/** What a deferred task instance waits for, as Airflow's API answers it; null for one that is not deferred. */
export function showTrigger(row: TaskInstanceRow): TriggerAnswer | null {
  if (row.trigger_kind === null) return null;
  return {
    id: row.id,
    classpath: CLASSPATHS[row.trigger_kind],
    kwargs: JSON.stringify(maskSecrets(row.trigger_kwargs)),
    created_date: row.trigger_created_at!.toISOString(),
    queue: null,
    triggerer_id: row.triggerer_job?.id ?? null,
  };
}

/** The triggerer that looks after a deferred task instance's trigger, if one does. */
export function showTriggerer({ triggerer_job: job }: TaskInstanceRow): JobAnswer | null {
  if (job === null) return null;
  const instant = (text: string) => new Date(text).toISOString();
  return {
    id: job.id,
    dag_id: null,
    state: job.state,
    job_type: "TriggererJob",
    start_date: instant(job.start_date),
    end_date: job.end_date === null ? null : instant(job.end_date),
    latest_heartbeat: instant(job.latest_heartbeat),
    executor_class: null,
    hostname: job.hostname,
    unixname: null,
    dag_display_name: null,
  };
}
