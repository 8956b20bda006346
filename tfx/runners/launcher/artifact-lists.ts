import { getArtifactsById } from "../../metadata/artifacts.ts";
import { getEventsByExecutionIds } from "../../metadata/events.ts";
import { EventType, type EventTypeNumber, type MetadataArtifact } from "../../metadata/records.ts";
import type { Queryable } from "../../metadata/store.ts";
import type { Channel } from "../../pipeline/channel.ts";
import type { Artifact, ArtifactLists } from "../../types/artifact.ts";
import type { ArtifactType } from "../../types/artifact-type.ts";

/** A stored artifact as executors and strategies see it. */
export function toArtifact(record: MetadataArtifact, type: ArtifactType): Artifact {
  return {
    type,
    id: record.id,
    uri: record.uri,
    properties: { ...record.properties },
    customProperties: { ...record.customProperties },
  };
}

/** Ids of published artifacts by key. */
export function artifactIds(lists: ArtifactLists): Record<string, number[]> {
  return Object.fromEntries(Object.entries(lists).map(([key, list]) => [key, list.map((artifact) => artifact.id!)]));
}

/** What an execution read or wrote, by key, in the order of the lists. */
export async function eventArtifactIds(
  db: Queryable,
  executionId: number,
  type: EventTypeNumber,
): Promise<Map<string, number[]>> {
  const events = (await getEventsByExecutionIds(db, [executionId])).filter((event) => event.type === type);
  const byKey = new Map<string, number[]>();
  for (const event of events.sort((a, b) => a.index - b.index)) {
    byKey.set(event.key, [...(byKey.get(event.key) ?? []), event.artifactId]);
  }
  return byKey;
}

/** The artifacts that an execution wrote, one list for each output channel, empty where it wrote none. */
export async function outputArtifacts(
  db: Queryable,
  executionId: number,
  channels: Readonly<Record<string, Channel>>,
): Promise<Record<string, Artifact[]>> {
  const ids = await eventArtifactIds(db, executionId, EventType.OUTPUT);
  const records = await getArtifactsById(db, [...ids.values()].flat());
  const byId = new Map(records.map((record) => [record.id, record]));
  return Object.fromEntries(
    Object.entries(channels).map(([key, channel]) => [
      key,
      (ids.get(key) ?? []).map((id) => toArtifact(byId.get(id)!, channel.type)),
    ]),
  );
}
