import type { AirflowConfig } from "#core/config/options.ts";
import type { Database } from "#core/database/connect.ts";
import type { TaskInstanceRow } from "#core/database/console-task-instances.ts";
import { findTaskInstanceRow } from "#core/database/console-task-instances.ts";
import { loadSerializedDag } from "#core/database/dag-versions.ts";
import { DaisyError } from "#core/errors.ts";
import { readParams, resolveParams } from "#core/params/params.ts";
import { openSecrets } from "#core/secrets/open-secrets.ts";
import { ToldSecrets } from "#core/secrets/told-secrets.ts";
import { pythonText } from "#core/templates/python-text.ts";
import { renderTask } from "#core/templates/render-task.ts";
import { createTemplateRenderer } from "#core/templates/renderer.ts";
import { maskRendered } from "#core/templates/show-rendered.ts";
import type { TemplateSubject } from "#core/templates/template-context.ts";
import { learningFromTemplates } from "#worker/learn-secrets.ts";
import type { Console } from "./console.ts";
import { findRun, requireDag } from "./dag-queries.ts";
import { withDags } from "./unread-files.ts";

export interface TaskToRender {
  readonly dagId: string;
  readonly taskId: string;
  /** The run's logical date, or its id. */
  readonly run: string;
  readonly mapIndex: number;
}

/** Prints what the template fields of a task become in a run, as Airflow does. */
export async function printRendered(console: Console, wanted: TaskToRender): Promise<void> {
  const blocks = await withDags(console, (db, config) => renderBlocks(db, config, wanted));
  for (const block of blocks) console.print(block);
}

/**
 * The template fields of a task in a run, each in a block of text.
 * @throws {DaisyError} DAG_NOT_FOUND, RUN_NOT_FOUND, TASK_NOT_FOUND, TEMPLATE_FAILED, PARAMS_INVALID
 */
export async function renderBlocks(db: Database, config: AirflowConfig, wanted: TaskToRender): Promise<string[]> {
  const { dagId, taskId, mapIndex } = wanted;
  await requireDag(db, dagId);
  const run = await findRun(db, dagId, wanted.run);
  if (run === undefined) throw new DaisyError("RUN_NOT_FOUND", dagId, wanted.run);
  const { dag } = await loadSerializedDag(db, run.version_id);
  const task = dag.tasks.find(({ __var }) => __var.task_id === taskId)?.__var;
  if (task === undefined) throw new DaisyError("TASK_NOT_FOUND", taskId, dagId);
  const instance = await findTaskInstanceRow(db, dagId, run.run_id, taskId, mapIndex);
  const conf = run.conf as Readonly<Record<string, unknown>>;
  const subject: TemplateSubject = { ...tryOf(instance), ...{ dagId, taskId, mapIndex, conf }, ...runOf(run) };
  const params = resolveParams(
    readParams(dag.params, task.params),
    config.core.dag_run_conf_overrides_params ? conf : null,
  );
  const renderer = createTemplateRenderer(config.core.template_rendering_timeout);
  const told = new ToldSecrets();
  told.addValues({ conf, params });
  try {
    const effects = { db, box: openSecrets(config), renderer, ...learningFromTemplates(told) };
    const fields = await renderTask(effects, { subject, dag, task, params });
    return Object.entries(maskRendered(fields ?? {}, told.hide)).map(([name, value]) => block(name, value));
  } finally {
    renderer.close();
  }
}

function runOf(run: NonNullable<Awaited<ReturnType<typeof findRun>>>) {
  return {
    dagRunId: run.id,
    runId: run.run_id,
    logicalDate: run.logical_date,
    dataIntervalStart: run.data_interval_start,
    dataIntervalEnd: run.data_interval_end,
  };
}

function tryOf(instance: TaskInstanceRow | undefined) {
  return { tryNumber: instance?.try_number ?? 0, maxTries: instance?.max_tries ?? 0 };
}

/** One field, as `airflow tasks render` writes it. */
function block(name: string, value: unknown): string {
  const rule = `# ${"-".repeat(58)}`;
  return [rule, `# property: ${name}`, rule, pythonText(value), ""].join("\n");
}
