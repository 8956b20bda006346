import type { AssetEvent } from "#sdk/client.ts";
import type { SerializedTaskFields } from "#sdk/serialized-dag.ts";
import { hasTemplate } from "#sdk/template-fields.ts";
import { type AssetEventsOf, listTaskAssetEvents } from "../database/asset-events.ts";
import type { Queryable } from "../database/connect.ts";
import { countInstances, findPreviousSuccess, findTemplateRun, pullXCom } from "../database/template-data.ts";
import { findLatestXCom } from "../database/xcoms.ts";
import { DaisyError } from "../errors.ts";
import type { Connection } from "../secrets/connection.ts";
import { lookUpConnection, lookUpVariable } from "../secrets/lookup.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import type { FetchKey, UndefinedAs } from "./protocol.ts";
import type { TemplateRenderer } from "./renderer.ts";
import { type ContextParts, type DagWithoutTasks, type TemplateSubject, templateContext } from "./template-context.ts";

/** What rendering takes from its process. */
export interface RenderEffects {
  readonly db: Queryable;
  readonly box: SecretBox;
  readonly renderer: TemplateRenderer;
  /** Hears of each secret that a template was given, so that logs can hide it. */
  onVariable?(key: string, value: string): void;
  onConnection?(connection: Connection): void;
}

export interface Rendering {
  readonly subject: TemplateSubject;
  readonly dag: DagWithoutTasks;
  readonly task: SerializedTaskFields;
  readonly params: Readonly<Record<string, unknown>>;
  readonly isTest?: boolean;
  /** More names for the templates. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Times that a template may turn out to need something more. */
const MOST_ROUNDS = 20;
/** As `sdk/specs.ts` names them, with what an unknown name then is. */
const UNDEFINED_AS: Readonly<Record<string, UndefinedAs>> = {
  strict: "strict",
  default: "lenient",
  chainable: "chainable",
};

/** A task's template fields as they are declared, by name; undefined when it has none. */
export function templateFieldsOf(task: SerializedTaskFields): Readonly<Record<string, unknown>> | undefined {
  if (task.template_fields.length === 0) return undefined;
  const values = task as unknown as Record<string, unknown>;
  return Object.fromEntries(task.template_fields.map((name) => [name, values[name]]));
}

/** Renders a task's template fields for a try; undefined when it has none. Throws when one cannot be rendered. */
export async function renderTask(
  effects: RenderEffects,
  rendering: Rendering,
): Promise<Record<string, unknown> | undefined> {
  const fields = templateFieldsOf(rendering.task);
  return fields === undefined ? undefined : renderFields(effects, rendering, fields);
}

/** Renders templates with a try's context; values without a template are returned as they are. */
export async function renderFields(
  effects: RenderEffects,
  { subject, dag, task, params, isTest, extra }: Rendering,
  fields: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  if (!hasTemplate(fields)) return { ...fields };
  const run = await findTemplateRun(effects.db, subject.dagRunId);
  if (run === undefined) throw new DaisyError("RUN_NOT_FOUND", subject.dagId, subject.runId);
  const parts: ContextParts = { subject, dag, task, run, params, ...(isTest !== undefined && { isTest }) };
  const undefinedAs = UNDEFINED_AS[(task as { _template_undefined?: string })._template_undefined ?? "strict"]!;
  const native = dag.render_template_as_native_obj ?? false;
  // As in Airflow, what a DAG defines hides what has the same name.
  const context = { ...templateContext(parts), ...task._user_defined_macros, ...extra };
  const fetched: Record<string, unknown> = {};
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const answer = await effects.renderer.render({ fields, context, fetched, undefinedAs, native });
    if (answer.kind === "rendered") return { ...answer.fields };
    if (answer.kind === "failed") throw new DaisyError("TEMPLATE_FAILED", subject.taskId, answer.message);
    for (const key of answer.keys) fetched[key] = await fetch(effects, subject, task, JSON.parse(key) as FetchKey);
  }
  throw new DaisyError("TEMPLATE_FAILED", subject.taskId, `it asks for more after ${MOST_ROUNDS} rounds`);
}

/** The text of a task's `map_index_template`: how the console names an instance of a mapped task. */
export async function renderMapIndex(effects: RenderEffects, rendering: Rendering, template: string): Promise<string> {
  const { name } = await renderFields(effects, rendering, { name: template });
  return typeof name === "string" ? name : JSON.stringify(name);
}

async function fetch(
  effects: RenderEffects,
  subject: TemplateSubject,
  task: SerializedTaskFields,
  key: FetchKey,
): Promise<unknown> {
  const { db, box } = effects;
  switch (key.about) {
    case "variable": {
      const value = await lookUpVariable(db, box, key.key);
      if (value !== null) effects.onVariable?.(key.key, value);
      return value;
    }
    case "connection": {
      const connection = await lookUpConnection(db, box, key.connId);
      if (connection === null) return null;
      effects.onConnection?.(connection);
      return connectionOf(connection);
    }
    case "xcom":
      return fetchXCom(db, subject, key);
    case "name":
      return fetchName(db, subject, task, key.name);
  }
}

function connectionOf({ id, type, ...rest }: Connection): Record<string, unknown> {
  return { ...rest, conn_id: id, conn_type: type, extra_dejson: readExtra(rest.extra) };
}

function readExtra(extra: string | null | undefined): unknown {
  try {
    return JSON.parse(extra || "{}") as unknown;
  } catch {
    return {};
  }
}

async function fetchXCom(
  db: Queryable,
  subject: TemplateSubject,
  pulled: Extract<FetchKey, { about: "xcom" }>,
): Promise<unknown> {
  const { key, mapIndex, includePriorDates } = pulled;
  const { dagId = subject.dagId, runId = subject.runId } = {
    dagId: pulled.dagId ?? undefined,
    runId: pulled.runId ?? undefined,
  };
  const isOwn = pulled.taskId === null;
  const place = { dagId, runId, taskId: pulled.taskId ?? subject.taskId, key };
  const index = isOwn ? (mapIndex ?? subject.mapIndex) : mapIndex;
  if (!includePriorDates) return pullXCom(db, { ...place, mapIndex: index });
  const text = await findLatestXCom(db, { ...place, mapIndex: index ?? -1 });
  return text === null ? null : (JSON.parse(text) as unknown);
}

/** The events that the run was created for, by the asset's URI. */
async function triggeringEvents(db: Queryable, { dagRunId }: TemplateSubject): Promise<Record<string, unknown[]>> {
  const byUri: Record<string, unknown[]> = {};
  for (const event of await listTaskAssetEvents(db, { dagRunId })) {
    byUri[event.asset.uri] ??= [];
    byUri[event.asset.uri]!.push(eventOf(event));
  }
  return byUri;
}

/** For each inlet of the task, in their order, all its events, the oldest first. */
async function inletEvents(db: Queryable, { inlets = [] }: SerializedTaskFields): Promise<unknown[][]> {
  const lists: unknown[][] = [];
  for (const { __type, __var: inlet } of inlets) {
    const of = (__type === "asset_alias" && "name" in inlet ? { alias: inlet.name } : inlet) as AssetEventsOf;
    lists.push((await listTaskAssetEvents(db, of)).map(eventOf));
  }
  return lists;
}

function eventOf(event: AssetEvent): Record<string, unknown> {
  const { asset, extra, timestamp } = event;
  return {
    asset,
    extra,
    uri: asset.uri,
    timestamp: { $date: timestamp.toISOString() },
    source_dag_id: event.sourceDagId,
    source_run_id: event.sourceRunId,
    source_task_id: event.sourceTaskId,
    source_map_index: event.sourceMapIndex,
  };
}

async function fetchName(
  db: Queryable,
  subject: TemplateSubject,
  task: SerializedTaskFields,
  name: string,
): Promise<unknown> {
  if (name === "triggering_asset_events") return triggeringEvents(db, subject);
  if (name === "inlet_events") return inletEvents(db, task);
  if (name === "expanded_ti_count") return countInstances(db, subject.dagRunId, subject.taskId);
  const { dagId, logicalDate } = subject;
  if (logicalDate === null) return null;
  const previous = await findPreviousSuccess(db, dagId, logicalDate);
  const dates: Record<string, Date | null | undefined> = {
    prev_data_interval_start_success: previous?.dataIntervalStart,
    prev_data_interval_end_success: previous?.dataIntervalEnd,
    prev_start_date_success: previous?.startDate,
    prev_end_date_success: previous?.endDate,
  };
  const date = dates[name];
  return date === null || date === undefined ? null : { $date: date.toISOString() };
}
