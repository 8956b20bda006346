import { BaseComponent } from "../../components/base-component.ts";
import type { BaseNode } from "../../components/base-node.ts";
import { Resolver } from "../../components/resolver/resolver.ts";
import type { MetadataStore } from "../../metadata/store.ts";
import type { Pipeline } from "../../pipeline/pipeline.ts";
import type { ArtifactLists } from "../../types/artifact.ts";
import { launchComponent } from "./launch-component.ts";
import { launchResolver } from "./launch-resolver.ts";

/** What a launch needs to know of the run it belongs to. */
export interface LaunchContext {
  readonly pipeline: Pick<Pipeline, "pipelineName" | "pipelineRoot" | "enableCache">;
  readonly runId: string;
  readonly store: MetadataStore;
  /** Writes one line to the task's log. */
  readonly log: (message: string) => void;
  readonly signal: AbortSignal;
}

/** What became of a launch. Keys of `outputs` are snake_case. */
export interface LaunchResult {
  readonly executionId: number;
  /** CACHED: earlier artifacts serve, and no executor ran. */
  readonly state: "COMPLETE" | "CACHED";
  readonly outputs: ArtifactLists;
}

/**
 * Runs one node of a pipeline run: resolves its inputs from what its producers published in this run, asks the cache,
 * runs the executor, and publishes the outcome in ML Metadata. Throws when the node fails; the execution is then FAILED.
 */
export async function launch(node: BaseNode, context: LaunchContext): Promise<LaunchResult> {
  if (node instanceof Resolver) return launchResolver(node, context);
  if (node instanceof BaseComponent) return launchComponent(node, context);
  throw new Error(`Node ${node.id} is neither a component nor a resolver, but a ${node.typeName}`);
}
