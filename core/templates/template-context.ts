import type { SerializedDagFields, SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { TemplateRun } from "../database/template-data.ts";
import { DATE_FORMS, DateValue } from "./date-value.ts";

/** The try that templates are rendered for. */
export interface TemplateSubject {
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly maxTries: number;
  readonly logicalDate: Date | null;
  readonly dataIntervalStart: Date | null;
  readonly dataIntervalEnd: Date | null;
  readonly conf: Readonly<Record<string, unknown>>;
}

export type DagWithoutTasks = Omit<SerializedDagFields, "tasks">;

export interface ContextParts {
  readonly subject: TemplateSubject;
  readonly dag: DagWithoutTasks;
  readonly task: SerializedTaskFields;
  readonly run: TemplateRun;
  readonly params: Readonly<Record<string, unknown>>;
  /** Whether nothing is recorded: `airflow tasks test`. @default false */
  readonly isTest?: boolean;
}

const dated = (date: Date | null) => (date === null ? null : { $date: date.toISOString() });
const datedSeconds = (seconds: number | undefined) =>
  seconds === undefined ? null : { $date: new Date(seconds * 1000).toISOString() };

/**
 * What templates may name, as in Airflow 3 (`airflow.sdk.definitions.context.Context`). A run without a logical date
 * has neither it nor the names made of it. Variables, connections, XComs and earlier runs are fetched when named.
 */
export function templateContext(parts: ContextParts): Record<string, unknown> {
  const { subject, dag, task, run, params, isTest = false } = parts;
  const interval = {
    data_interval_start: dated(subject.dataIntervalStart),
    data_interval_end: dated(subject.dataIntervalEnd),
  };
  const instance = instanceOf(parts);
  return {
    ...interval,
    ...datesOf(subject),
    dag: dagOf(dag),
    task: taskOf(task),
    ti: instance,
    task_instance: instance,
    task_instance_key_str: keyOf(subject),
    params,
    run_id: subject.runId,
    dag_run: {
      ...interval,
      dag_id: subject.dagId,
      run_id: subject.runId,
      conf: subject.conf,
      logical_date: dated(subject.logicalDate),
      run_type: run.runType,
      state: run.state,
      run_after: dated(run.runAfter),
      queued_at: dated(run.queuedAt),
      start_date: dated(run.startDate),
      note: run.note,
    },
    test_mode: isTest,
    map_index_template: task.map_index_template ?? null,
    inlets: listOf(task, "inlets"),
    outlets: listOf(task, "outlets"),
    templates_dict: (task as unknown as Record<string, unknown>).templates_dict ?? null,
  };
}

function datesOf({ logicalDate }: TemplateSubject): Record<string, unknown> {
  if (logicalDate === null) return {};
  const date = new DateValue(logicalDate.getTime());
  const forms = Object.entries(DATE_FORMS).map(([name, form]) => [name, form(date)]);
  return { logical_date: dated(logicalDate), ...Object.fromEntries(forms) };
}

function dagOf(dag: DagWithoutTasks): Record<string, unknown> {
  return {
    dag_id: dag.dag_id,
    display_name: dag.dag_display_name ?? dag.dag_id,
    dag_display_name: dag.dag_display_name ?? dag.dag_id,
    description: dag.description ?? null,
    doc_md: dag.doc_md ?? null,
    fileloc: dag.fileloc,
    relative_fileloc: dag.relative_fileloc,
    tags: dag.tags ?? [],
    timezone: dag.timezone,
    start_date: datedSeconds(dag.start_date),
    end_date: datedSeconds(dag.end_date),
    catchup: dag.catchup ?? false,
    max_active_runs: dag.max_active_runs ?? null,
    max_active_tasks: dag.max_active_tasks ?? null,
  };
}

function taskOf(task: SerializedTaskFields): Record<string, unknown> {
  const type = task._operator_name ?? task.task_type;
  return {
    task_id: task.task_id,
    task_type: type,
    operator_name: type,
    owner: task.owner ?? "airflow",
    pool: task.pool ?? "default_pool",
    queue: task.queue ?? "default",
    retries: task.retries ?? 0,
    trigger_rule: task.trigger_rule ?? "all_success",
    priority_weight: task.priority_weight ?? 1,
    doc_md: task.doc_md ?? null,
    start_date: datedSeconds(task.start_date),
    end_date: datedSeconds(task.end_date),
    downstream_task_ids: task.downstream_task_ids ?? [],
  };
}

function instanceOf({ subject, task, run }: ContextParts): Record<string, unknown> {
  return {
    dag_id: subject.dagId,
    task_id: subject.taskId,
    run_id: subject.runId,
    map_index: subject.mapIndex,
    try_number: subject.tryNumber,
    max_tries: subject.maxTries,
    logical_date: dated(subject.logicalDate),
    operator: task._operator_name ?? task.task_type,
    state: "running",
    key: keyOf(subject),
    dagrun_start_date: dated(run.startDate),
  };
}

/** `dag__task__20150101`, with the run's id in place of the date where there is none. */
function keyOf({ dagId, taskId, runId, logicalDate }: TemplateSubject): string {
  const last = logicalDate === null ? runId : DATE_FORMS.ds_nodash!(new DateValue(logicalDate.getTime()));
  return `${dagId}__${taskId}__${last}`;
}

function listOf(task: SerializedTaskFields, name: "inlets" | "outlets"): unknown {
  return (task as unknown as Record<string, unknown>)[name] ?? [];
}
