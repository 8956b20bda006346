import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { BaseComponent } from "../../components/base-component.ts";
import type { Json } from "../../components/executor.ts";
import type { Transaction } from "../../metadata/store.ts";
import type { ArtifactLists } from "../../types/artifact.ts";
import { recordedProperties, resolveParameters } from "./execution-properties.ts";
import { publishComplete, publishFailed, registerCached, registerRunning } from "./executions.ts";
import { type CachedOutputs, findCachedOutputs } from "./find-cached-outputs.ts";
import type { LaunchContext, LaunchResult } from "./launch.ts";
import { prepareOutputs } from "./prepare-outputs.ts";
import { resolveInputs } from "./resolve-inputs.ts";
import { putRunContexts, type RunContexts } from "./run-contexts.ts";

/** Driver, executor, publisher: the three steps of TFX's launcher, in its words. */
export async function launchComponent(component: BaseComponent, context: LaunchContext): Promise<LaunchResult> {
  context.log(`Running driver for ${component.id}`);
  const parameters = await resolveParameters(component, context).catch((error: unknown) => {
    throw new Error(`Component ${component.id} failed before its execution began: ${messageOf(error)}`, {
      cause: error,
    });
  });
  const driven = await drive(component, parameters, context);
  if (driven.cached !== undefined) {
    context.log(`${component.id} is cached: the outputs of execution ${driven.cached.executionId} are used again`);
    return { executionId: driven.executionId, state: "CACHED", outputs: driven.cached.outputs };
  }
  const { executionId } = driven;
  try {
    context.log(`Running executor for ${component.id}`);
    const outputs = await execute(component, driven, parameters, context);
    context.log(`Running publisher for ${component.id}`);
    await context.store.transaction((transaction) =>
      publishComplete(transaction, executionId, driven.contexts, outputs),
    );
    return { executionId, state: "COMPLETE", outputs };
  } catch (error) {
    await recordFailure(executionId, context);
    throw new Error(`Component ${component.id} failed in execution ${executionId}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

interface Driven {
  readonly executionId: number;
  readonly contexts: RunContexts;
  readonly inputs: ArtifactLists;
  /** Absent when the executor has to run. */
  readonly cached?: CachedOutputs;
}

/** Resolves inputs, asks the cache, and registers the execution, in one transaction. */
async function drive(
  component: BaseComponent,
  parameters: Readonly<Record<string, Json>>,
  context: LaunchContext,
): Promise<Driven> {
  const { pipeline, runId, store } = context;
  const { pipelineName, enableCache } = pipeline;
  const properties = await recordedProperties(component, parameters, context);
  return store.transaction(async (transaction: Transaction): Promise<Driven> => {
    const contexts = await putRunContexts(transaction, { pipelineName, runId, node: component });
    const inputs = await resolveInputs(transaction, component, { contextId: contexts.run, pipelineName, runId });
    const execution = { type: component.typeName, contexts, properties, inputs };
    const cached = enableCache
      ? await findCachedOutputs(transaction, { component, pipelineContextId: contexts.pipeline, inputs, properties })
      : undefined;
    const executionId = cached
      ? await registerCached(transaction, execution, cached.outputs)
      : await registerRunning(transaction, execution);
    return { executionId, contexts, inputs, cached };
  });
}

/** Runs the executor on empty folders of its own. When it fails, its outputs stay for inspection, as in TFX. */
async function execute(
  component: BaseComponent,
  { executionId, inputs }: Driven,
  parameters: Readonly<Record<string, Json>>,
  context: LaunchContext,
): Promise<ArtifactLists> {
  const outputs = await prepareOutputs(component, executionId, context);
  const temporaryDirectory = path.join(context.pipeline.pipelineRoot, ".temp", String(executionId));
  await rm(temporaryDirectory, { recursive: true, force: true });
  await mkdir(temporaryDirectory, { recursive: true });
  try {
    const { execute: run } = await component.spec.executor();
    const { log, signal } = context;
    signal.throwIfAborted();
    await run(inputs, outputs, parameters, { executionId, temporaryDirectory, log, signal });
    signal.throwIfAborted();
    return outputs;
  } finally {
    await rm(temporaryDirectory, { recursive: true, force: true });
  }
}

/** The reason for the failure matters more than a store that cannot take note of it. */
async function recordFailure(executionId: number, { store, log }: LaunchContext): Promise<void> {
  try {
    await store.transaction((transaction) => publishFailed(transaction, executionId));
  } catch (error) {
    log(`Execution ${executionId} could not be marked as failed: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
