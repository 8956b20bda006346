import type { BaseComponent } from "../../components/base-component.ts";
import { getExecutionsByContext } from "../../metadata/executions.ts";
import { ExecutionState } from "../../metadata/records.ts";
import type { Queryable } from "../../metadata/store.ts";
import type { Artifact, ArtifactLists } from "../../types/artifact.ts";
import { outputArtifacts } from "./artifact-lists.ts";

/**
 * Finds what a component's producers published in this run: the newest successful execution of each producer and its
 * artifacts under the channel's key. A list may be empty only for an optional input, which a resolver left open.
 */
export async function resolveInputs(
  db: Queryable,
  component: BaseComponent,
  run: { readonly contextId: number; readonly pipelineName: string; readonly runId: string },
): Promise<ArtifactLists> {
  const executions = await getExecutionsByContext(db, run.contextId, [ExecutionState.COMPLETE, ExecutionState.CACHED]);
  const inputs: Record<string, Artifact[]> = {};
  for (const [key, channel] of Object.entries(component.inputs)) {
    const producer = channel.producer!.id;
    const outputKey = channel.outputKey!;
    const execution = executions.find((candidate) => candidate.properties.component_id === producer);
    if (execution === undefined) {
      throw new Error(
        `Cannot find matching execution with pipeline name ${run.pipelineName}, run id ${run.runId} and component id ${producer}, which ${component.id} needs for its input ${key}`,
      );
    }
    const outputs = await outputArtifacts(db, execution.id, { [outputKey]: channel });
    const artifacts = outputs[outputKey]!;
    if (artifacts.length === 0 && !component.spec.inputs[key]!.optional) {
      throw new Error(`${component.id} needs its input ${key}, but ${producer} resolved ${outputKey} to no artifact`);
    }
    inputs[key] = artifacts;
  }
  return inputs;
}
