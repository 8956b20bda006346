import { mkdir, rename } from "node:fs/promises";
import path from "node:path";
import type { BaseComponent } from "../../components/base-component.ts";
import { type Artifact, type ArtifactLists, newArtifact } from "../../types/artifact.ts";
import { TFX_VERSION } from "../../version.ts";
import type { LaunchContext } from "./launch.ts";
import { pathExists } from "./path-exists.ts";

/**
 * Makes one artifact for each output, with an empty folder at `<pipeline root>/<node id>/<output key>/<execution id>`
 * and the custom properties that TFX's launcher sets.
 */
export async function prepareOutputs(
  component: BaseComponent,
  executionId: number,
  context: Pick<LaunchContext, "pipeline" | "log">,
): Promise<ArtifactLists> {
  const { pipelineName, pipelineRoot } = context.pipeline;
  const outputs: Record<string, Artifact[]> = {};
  for (const [key, channel] of Object.entries(component.outputChannels)) {
    const uri = path.join(pipelineRoot, component.id, key, String(executionId));
    await makeEmptyFolder(uri, context.log);
    const artifact = newArtifact(channel.type, uri);
    artifact.customProperties = {
      name: key,
      pipeline_name: pipelineName,
      producer_component: component.id,
      state: "new",
      tfx_version: TFX_VERSION,
    };
    outputs[key] = [artifact];
  }
  return outputs;
}

/**
 * Execution ids start again when a metadata store is made anew, and then old folders are met. They are set aside,
 * because an executor that adds files to old ones would mix two data sets.
 */
async function makeEmptyFolder(uri: string, log: (message: string) => void): Promise<void> {
  if (await pathExists(uri)) {
    const aside = `${uri}.before-${Date.now()}`;
    log(`Output artifact uri ${uri} already exists; it is of another metadata store and now at ${aside}`);
    await rename(uri, aside);
  }
  await mkdir(uri, { recursive: true });
}
