import { putArtifacts } from "../../metadata/artifacts.ts";
import { putAssociations, putAttributions } from "../../metadata/contexts.ts";
import { putEvents } from "../../metadata/events.ts";
import {
  getExecutionsByContext,
  getExecutionsById,
  moveExecution,
  putExecution,
  setExecutionProperty,
} from "../../metadata/executions.ts";
import { EventType, ExecutionState } from "../../metadata/records.ts";
import type { Transaction } from "../../metadata/store.ts";
import { type ArtifactLists, ArtifactState } from "../../types/artifact.ts";
import { artifactIds, eventArtifactIds } from "./artifact-lists.ts";
import type { RunContexts } from "./run-contexts.ts";

/** An execution about to be recorded. */
export interface NewExecution {
  readonly type: string;
  readonly contexts: RunContexts;
  readonly properties: Readonly<Record<string, string>>;
  readonly inputs: ArtifactLists;
}

/** Records that the node's executor starts; an earlier execution of it in this run that never ended is FAILED now. */
export async function registerRunning(transaction: Transaction, execution: NewExecution): Promise<number> {
  const left = await getExecutionsByContext(transaction, execution.contexts.componentRun, [ExecutionState.RUNNING]);
  for (const { id } of left) await moveExecution(transaction, id, ExecutionState.RUNNING, ExecutionState.FAILED);
  return register(transaction, execution, ExecutionState.RUNNING);
}

/** Records an execution whose outputs are artifacts that were there before. */
export async function registerCached(
  transaction: Transaction,
  execution: NewExecution,
  outputs: ArtifactLists,
): Promise<number> {
  const properties = { ...execution.properties, state: "cached" };
  const id = await register(transaction, { ...execution, properties }, ExecutionState.CACHED);
  await recordOutputs(transaction, id, artifactIds(outputs), execution.contexts);
  return id;
}

/**
 * Publishes what an execution produced, all or nothing, and sets the artifacts' ids. Repeating it after a lost answer
 * changes nothing. Throws when the execution is no longer running, because another try took its place.
 */
export async function publishComplete(
  transaction: Transaction,
  executionId: number,
  contexts: RunContexts,
  outputs: ArtifactLists,
): Promise<void> {
  if (await moveExecution(transaction, executionId, ExecutionState.RUNNING, ExecutionState.COMPLETE)) {
    await setExecutionProperty(transaction, executionId, "state", "complete");
    await publishArtifacts(transaction, outputs);
    await recordOutputs(transaction, executionId, artifactIds(outputs), contexts);
    return;
  }
  const [execution] = await getExecutionsById(transaction, [executionId]);
  if (execution?.state !== ExecutionState.COMPLETE) {
    throw new Error(`Execution ${executionId} is no longer running, since a later try of the same task took its place`);
  }
  await readBackIds(transaction, executionId, outputs);
}

/** Records that the executor failed; nothing happens when the execution is not running. */
export async function publishFailed(transaction: Transaction, executionId: number): Promise<void> {
  await moveExecution(transaction, executionId, ExecutionState.RUNNING, ExecutionState.FAILED);
}

async function register(
  transaction: Transaction,
  { type, contexts, properties, inputs }: NewExecution,
  state: typeof ExecutionState.RUNNING | typeof ExecutionState.CACHED,
): Promise<number> {
  const id = await putExecution(transaction, { type, state, properties });
  await putAssociations(transaction, id, Object.values(contexts));
  await putEvents(transaction, id, EventType.INPUT, artifactIds(inputs));
  return id;
}

async function publishArtifacts(transaction: Transaction, outputs: ArtifactLists): Promise<void> {
  const artifacts = Object.values(outputs).flat();
  for (const artifact of artifacts) artifact.customProperties.state = "published";
  const ids = await putArtifacts(transaction, artifacts, ArtifactState.LIVE);
  for (const [index, artifact] of artifacts.entries()) artifact.id = ids[index]!;
}

async function recordOutputs(
  transaction: Transaction,
  executionId: number,
  ids: Readonly<Record<string, readonly number[]>>,
  contexts: RunContexts,
): Promise<void> {
  await putEvents(transaction, executionId, EventType.OUTPUT, ids);
  await putAttributions(transaction, Object.values(ids).flat(), Object.values(contexts));
}

async function readBackIds(transaction: Transaction, executionId: number, outputs: ArtifactLists): Promise<void> {
  const published = await eventArtifactIds(transaction, executionId, EventType.OUTPUT);
  for (const [key, list] of Object.entries(outputs)) {
    for (const [index, artifact] of list.entries()) artifact.id = published.get(key)![index]!;
  }
}
