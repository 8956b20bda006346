import type { BaseComponent } from "../../components/base-component.ts";
import { getArtifactsById } from "../../metadata/artifacts.ts";
import { getExecutionsByInputs } from "../../metadata/executions.ts";
import { EventType, ExecutionState, type Properties } from "../../metadata/records.ts";
import type { Queryable } from "../../metadata/store.ts";
import { type ArtifactLists, ArtifactState } from "../../types/artifact.ts";
import { artifactIds, eventArtifactIds, outputArtifacts } from "./artifact-lists.ts";
import { pathExists } from "./path-exists.ts";

/** TFX's MAX_EXECUTIONS_FOR_CACHE. */
const MAX_CANDIDATES = 100;

/** What an execution is compared by. */
export interface CacheQuestion {
  readonly component: BaseComponent;
  readonly pipelineContextId: number;
  readonly inputs: ArtifactLists;
  readonly properties: Readonly<Record<string, string>>;
}

/** An earlier execution and its artifacts. */
export interface CachedOutputs {
  readonly executionId: number;
  readonly outputs: ArtifactLists;
}

/**
 * The newest complete execution of this pipeline with the same properties and, key for key, the same input artifacts,
 * whose outputs are all live and still on disk. Undefined when there is none.
 */
export async function findCachedOutputs(db: Queryable, question: CacheQuestion): Promise<CachedOutputs | undefined> {
  const inputIds = artifactIds(question.inputs);
  const candidates = await getExecutionsByInputs(db, {
    contextId: question.pipelineContextId,
    type: question.component.typeName,
    state: ExecutionState.COMPLETE,
    inputArtifactIds: Object.values(inputIds).flat(),
    limit: MAX_CANDIDATES,
  });
  for (const candidate of candidates) {
    if (!sameWork(candidate.properties, question.properties)) continue;
    if (!sameInputs(await eventArtifactIds(db, candidate.id, EventType.INPUT), inputIds)) continue;
    const outputs = await outputArtifacts(db, candidate.id, question.component.outputChannels);
    if (await allUsable(db, outputs)) return { executionId: candidate.id, outputs };
  }
  return undefined;
}

function sameWork(earlier: Properties, now: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(earlier), ...Object.keys(now)]);
  names.delete("run_id");
  names.delete("state");
  return [...names].every((name) => earlier[name] === now[name]);
}

function sameInputs(earlier: ReadonlyMap<string, readonly number[]>, now: Readonly<Record<string, readonly number[]>>) {
  const asSets = (entries: Iterable<readonly [string, readonly number[]]>) =>
    [...entries]
      .filter(([, ids]) => ids.length > 0)
      .map(([key, ids]) => `${key}:${[...ids].sort((a, b) => a - b).join(",")}`)
      .sort()
      .join(";");
  return asSets(earlier) === asSets(Object.entries(now));
}

/** Somebody may have deleted the folders: an execution whose outputs are gone must not count as done. */
async function allUsable(db: Queryable, outputs: ArtifactLists): Promise<boolean> {
  if (Object.values(outputs).some((list) => list.length === 0)) return false;
  const artifacts = Object.values(outputs).flat();
  const records = await getArtifactsById(
    db,
    artifacts.map((artifact) => artifact.id!),
  );
  if (records.some((record) => record.state !== ArtifactState.LIVE)) return false;
  const found = await Promise.all(artifacts.map(({ uri }) => pathExists(uri)));
  return found.every(Boolean);
}
