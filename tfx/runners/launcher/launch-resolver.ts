import type { Resolver } from "../../components/resolver/resolver.ts";
import { getArtifactsByContext } from "../../metadata/artifacts.ts";
import type { Transaction } from "../../metadata/store.ts";
import { type Artifact, type ArtifactLists, ArtifactState } from "../../types/artifact.ts";
import { toArtifact } from "./artifact-lists.ts";
import { registerCached } from "./executions.ts";
import type { LaunchContext, LaunchResult } from "./launch.ts";
import { putRunContexts } from "./run-contexts.ts";

/** Resolves, and publishes an execution whose outputs are the artifacts found; it is never asked of the cache. */
export async function launchResolver(resolver: Resolver, context: LaunchContext): Promise<LaunchResult> {
  const { pipeline, runId, store, log } = context;
  const { pipelineName } = pipeline;
  log(`Running driver for ${resolver.id}`);
  const strategy = new resolver.strategyClass(resolver.config);
  const { executionId, outputs } = await store.transaction(async (transaction: Transaction) => {
    const contexts = await putRunContexts(transaction, { pipelineName, runId, node: resolver });
    const outputs = strategy.resolve(await findCandidates(transaction, resolver, contexts.pipeline));
    const properties = {
      strategy_class: resolver.strategyClass.name,
      config: JSON.stringify(resolver.config),
      pipeline_name: pipelineName,
      pipeline_root: pipeline.pipelineRoot,
      run_id: runId,
      component_id: resolver.id,
    };
    const execution = { type: resolver.typeName, contexts, properties, inputs: {} };
    return { executionId: await registerCached(transaction, execution, outputs), outputs };
  });
  log(`${resolver.id} resolved ${describe(outputs)}`);
  return { executionId, state: "CACHED", outputs };
}

/** The pipeline's live artifacts of each channel's type, newest first; only the producer's when the channel has one. */
async function findCandidates(
  transaction: Transaction,
  resolver: Resolver,
  pipelineContextId: number,
): Promise<Record<string, Artifact[]>> {
  const candidates: Record<string, Artifact[]> = {};
  for (const [key, channel] of Object.entries(resolver.inputs)) {
    const records = await getArtifactsByContext(transaction, pipelineContextId, channel.type.name);
    candidates[key] = records
      .filter((record) => record.state === ArtifactState.LIVE)
      .filter((record) => !channel.producer || record.customProperties.producer_component === channel.producer.id)
      .map((record) => toArtifact(record, channel.type))
      .reverse();
  }
  return candidates;
}

function describe(outputs: ArtifactLists): string {
  return Object.entries(outputs)
    .map(([key, list]) => `${key} to ${list.map((artifact) => artifact.uri).join(", ") || "nothing"}`)
    .join("; ");
}
