import { getArtifactsById } from "./artifacts.ts";
import { getEventsByArtifactIds, getEventsByExecutionIds } from "./events.ts";
import { getExecutionsById } from "./executions.ts";
import { EventType, type MetadataArtifact, type MetadataEvent, type MetadataExecution } from "./records.ts";
import type { Queryable } from "./store.ts";

/** A part of the graph that artifacts and executions form: the nodes, and the events between them. */
export interface Lineage {
  readonly artifacts: readonly MetadataArtifact[];
  readonly executions: readonly MetadataExecution[];
  readonly events: readonly MetadataEvent[];
}

export interface LineageOptions {
  /** What the artifact was made of, or what was made of it. @default "upstream" */
  readonly direction?: "upstream" | "downstream";
  /** How many executions the walk may pass in a row. @default no limit */
  readonly maxSteps?: number;
}

/**
 * Walks from an artifact along events. Upstream goes from an output to the inputs of the executions that wrote it,
 * downstream from an input to the outputs of those that read it. A resolver's execution ends a walk upstream.
 */
export async function getLineage(db: Queryable, artifactId: number, options: LineageOptions = {}): Promise<Lineage> {
  const { direction = "upstream", maxSteps = Number.POSITIVE_INFINITY } = options;
  const [leave, enter] =
    direction === "upstream" ? [EventType.OUTPUT, EventType.INPUT] : [EventType.INPUT, EventType.OUTPUT];
  const artifactIds = new Set([artifactId]);
  const executionIds = new Set<number>();
  let border = [artifactId];
  for (let step = 0; step < maxSteps && border.length > 0; step++) {
    const left = (await getEventsByArtifactIds(db, border)).filter((event) => event.type === leave);
    const passed = newOnes(
      left.map((event) => event.executionId),
      executionIds,
    );
    const entered = (await getEventsByExecutionIds(db, passed)).filter((event) => event.type === enter);
    border = newOnes(
      entered.map((event) => event.artifactId),
      artifactIds,
    );
  }
  const events = await getEventsByExecutionIds(db, [...executionIds]);
  return {
    artifacts: await getArtifactsById(db, [...artifactIds]),
    executions: await getExecutionsById(db, [...executionIds]),
    events: events.filter((event) => artifactIds.has(event.artifactId)),
  };
}

/** Adds ids to those seen, and returns the ones that were not there. */
function newOnes(ids: readonly number[], seen: Set<number>): number[] {
  const fresh = [...new Set(ids)].filter((id) => !seen.has(id));
  for (const id of fresh) seen.add(id);
  return fresh;
}
