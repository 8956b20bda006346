import { untilWritten } from "#core/database/patience.ts";
import { storeRenderedFields } from "#core/database/rendered-fields.ts";
import type { ClaimedTry } from "#core/database/tries.ts";
import { readParams, resolveParams } from "#core/params/params.ts";
import { renderFields, templateFieldsOf } from "#core/templates/render-task.ts";
import type { TemplateRenderer } from "#core/templates/renderer.ts";
import { showRendered } from "#core/templates/show-rendered.ts";
import type { SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { LoadedVersion } from "./dag-versions.ts";
import { learningFromTemplates, tellingOf } from "./learn-secrets.ts";
import type { PruneFields } from "./prune-rendered-fields.ts";
import type { TryEffects } from "./run-try.ts";
import type { RunningTry } from "./running-tries.ts";

/** What templates and params take from the worker. */
export interface TemplateEffects {
  readonly renderer: TemplateRenderer;
  /** `[core] max_templated_field_length` */
  readonly maxFieldLength: number;
  /** `[core] dag_run_conf_overrides_params` */
  readonly confOverridesParams: boolean;
  readonly pruneFields: PruneFields;
}

/** What a try is given besides what was claimed. */
export interface TryInputs {
  readonly params: Readonly<Record<string, unknown>>;
  /** The template fields as they are for this try, by their serialized names. */
  readonly rendered?: Readonly<Record<string, unknown>>;
}

/**
 * The values of a try's params, and what its template fields became, which is stored for the console too. Throws a
 * DaisyError when the run's conf does not fit the params, or a template cannot be rendered.
 */
export async function prepareTry(
  running: RunningTry,
  version: LoadedVersion,
  task: SerializedTaskFields,
  effects: TryEffects,
): Promise<TryInputs> {
  const { claimed, secrets } = running;
  const { db, box, log, lastCall, templates } = effects;
  const params = paramsOf(claimed, version, task, templates);
  secrets.addValues(params);
  const fields = templateFieldsOf(task);
  if (fields === undefined) return { params };
  const learning = learningFromTemplates(secrets, tellingOf(log, claimed));
  const rendering = { subject: claimed, dag: version.dag, task, params };
  const render = () => renderFields({ db, box, renderer: templates.renderer, ...learning }, rendering, fields);
  const rendered = await untilWritten(render, log, lastCall);
  const shown = showRendered(rendered, templates.maxFieldLength, secrets.hide);
  const store = async () => {
    await templates.pruneFields(db, claimed);
    await storeRenderedFields(db, claimed, shown);
  };
  await untilWritten(store, log, lastCall);
  return { params, rendered };
}

/** The values of the params of a task in a run. */
export function paramsOf(
  { conf }: Pick<ClaimedTry, "conf">,
  { dag }: LoadedVersion,
  task: SerializedTaskFields | undefined,
  { confOverridesParams }: TemplateEffects,
): Record<string, unknown> {
  return resolveParams(readParams(dag.params, task?.params), confOverridesParams ? conf : null);
}
