import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { BaseComponent } from "../../components/base-component.ts";
import type { Json } from "../../components/executor.ts";
import type { LaunchContext } from "./launch.ts";

/**
 * The parameters an execution runs with: those of the component, completed by its driver when it has one.
 */
export async function resolveParameters(
  component: BaseComponent,
  context: Pick<LaunchContext, "log">,
): Promise<Readonly<Record<string, Json>>> {
  if (component.spec.driver === undefined) return component.execProperties;
  const { resolveExecProperties } = await component.spec.driver();
  return resolveExecProperties(component.execProperties, context);
}

/**
 * What ML Metadata records of an execution, all strings, as TFX's legacy launcher does. Two executions do the same work
 * when these are equal, except for `run_id` and `state`; hence the checksum of the user's module beside its path.
 */
export async function recordedProperties(
  component: BaseComponent,
  parameters: Readonly<Record<string, Json>>,
  context: Pick<LaunchContext, "pipeline" | "runId">,
): Promise<Record<string, string>> {
  const userFile = userFileOf(parameters);
  return {
    ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, asText(value)])),
    ...(userFile !== undefined && { checksum_md5: await checksum(component, userFile) }),
    pipeline_name: context.pipeline.pipelineName,
    pipeline_root: context.pipeline.pipelineRoot,
    run_id: context.runId,
    component_id: component.id,
    state: "new",
  };
}

/** The file with the user's functions: `module_file`, or what stands before the colon of a `<file>:<export>`. */
function userFileOf({ module_file, run_fn, preprocessing_fn }: Readonly<Record<string, Json>>): string | undefined {
  if (typeof module_file === "string") return module_file;
  const named = run_fn ?? preprocessing_fn;
  return typeof named === "string" ? named.slice(0, named.lastIndexOf(":")) : undefined;
}

async function checksum(component: BaseComponent, userFile: string): Promise<string> {
  try {
    return createHash("md5")
      .update(await readFile(userFile))
      .digest("hex");
  } catch (error) {
    throw new Error(`The module file of ${component.id} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** Text stays as it is; anything else is JSON with sorted keys, so that equal values are equal texts. */
function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(sorted(value));
}

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((member) => sorted(member) ?? null);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as Readonly<Record<string, Json | undefined>>);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]),
  ) as Json;
}
