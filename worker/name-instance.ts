import { storeInstanceName } from "#core/database/name-instance.ts";
import { renderMapIndex } from "#core/templates/render-task.ts";
import type { SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { LoadedVersion } from "./dag-versions.ts";
import { learningFromTemplates, tellingOf } from "./learn-secrets.ts";
import type { TryInputs } from "./prepare-try.ts";
import type { TryEffects } from "./run-try.ts";
import type { RunningTry } from "./running-tries.ts";

/**
 * Names an instance of a mapped task after the task's `map_index_template`, which may name the instance's arguments.
 * Throws a DaisyError when the template cannot be rendered.
 */
export async function nameInstance(
  { claimed, secrets }: RunningTry,
  version: LoadedVersion,
  task: SerializedTaskFields,
  { params }: TryInputs,
  args: Readonly<Record<string, unknown>>,
  { db, box, log, templates }: TryEffects,
): Promise<null> {
  const effects = { db, box, renderer: templates.renderer, ...learningFromTemplates(secrets, tellingOf(log, claimed)) };
  const rendering = { subject: claimed, dag: version.dag, task, params, extra: args };
  const name = await renderMapIndex(effects, rendering, task.map_index_template ?? "{{ ti.map_index }}");
  await storeInstanceName(db, claimed.id, secrets.hide(name));
  return null;
}
