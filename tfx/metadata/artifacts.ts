import type { Artifact } from "../types/artifact.ts";
import { NOW } from "./now.ts";
import { insertProperties, readProperties } from "./properties.ts";
import { putArtifactType } from "./put-type.ts";
import type { MetadataArtifact } from "./records.ts";
import type { Queryable, Transaction } from "./store.ts";

interface ArtifactRow {
  readonly id: number;
  readonly type_id: number;
  readonly type: string;
  readonly uri: string | null;
  readonly state: number | null;
  readonly name: string | null;
  readonly create_time: string;
  readonly update_time: string;
}

const SELECT_ARTIFACT = `SELECT a.id, a.type_id, t.name AS type, a.uri, a.state, a.name,
  a.create_time_since_epoch AS create_time, a.last_update_time_since_epoch AS update_time
  FROM Artifact a JOIN Type t ON t.id = a.type_id`;

/** Inserts artifacts, registering their types; ids follow the order given. */
export async function putArtifacts(
  transaction: Transaction,
  artifacts: readonly Artifact[],
  state: number,
): Promise<number[]> {
  const ids: number[] = [];
  for (const artifact of artifacts) {
    const typeId = await putArtifactType(transaction, artifact.type);
    const { rows } = await transaction.query<{ id: number }>(
      `INSERT INTO Artifact (type_id, uri, state, create_time_since_epoch, last_update_time_since_epoch)
       VALUES ($1, $2, $3, ${NOW}, ${NOW}) RETURNING id`,
      [typeId, artifact.uri, state],
    );
    const id = rows[0]!.id;
    const { declared, custom } = splitProperties(artifact);
    await insertProperties(transaction, "artifact", id, declared, custom);
    ids.push(id);
  }
  return ids;
}

/** ML Metadata accepts only declared names as properties, so any other name is a custom property. */
function splitProperties(artifact: Artifact) {
  const entries = Object.entries(artifact.properties);
  const isDeclared = (name: string) => name in artifact.type.properties;
  return {
    declared: Object.fromEntries(entries.filter(([name]) => isDeclared(name))),
    custom: {
      ...Object.fromEntries(entries.filter(([name]) => !isDeclared(name))),
      ...artifact.customProperties,
    },
  };
}

/** Every artifact, oldest first. */
export async function getArtifacts(db: Queryable): Promise<MetadataArtifact[]> {
  return withProperties(db, await db.query<ArtifactRow>(`${SELECT_ARTIFACT} ORDER BY a.id`));
}

/** Artifacts of one type, oldest first; none when the type is not registered. */
export async function getArtifactsByType(db: Queryable, type: string): Promise<MetadataArtifact[]> {
  return withProperties(db, await db.query<ArtifactRow>(`${SELECT_ARTIFACT} WHERE t.name = $1 ORDER BY a.id`, [type]));
}

/** The artifacts with these ids, by id; ids that are not there are left out. */
export async function getArtifactsById(db: Queryable, ids: readonly number[]): Promise<MetadataArtifact[]> {
  return withProperties(
    db,
    await db.query<ArtifactRow>(`${SELECT_ARTIFACT} WHERE a.id = ANY($1) ORDER BY a.id`, [ids]),
  );
}

/** The artifacts at one URI, oldest first. */
export async function getArtifactsByUri(db: Queryable, uri: string): Promise<MetadataArtifact[]> {
  return withProperties(db, await db.query<ArtifactRow>(`${SELECT_ARTIFACT} WHERE a.uri = $1 ORDER BY a.id`, [uri]));
}

/** The artifacts attributed to a context, oldest first; of one type when it is given. */
export async function getArtifactsByContext(
  db: Queryable,
  contextId: number,
  type?: string,
): Promise<MetadataArtifact[]> {
  return withProperties(
    db,
    await db.query<ArtifactRow>(
      `${SELECT_ARTIFACT} JOIN Attribution b ON b.artifact_id = a.id
       WHERE b.context_id = $1 AND ($2::text IS NULL OR t.name = $2) ORDER BY a.id`,
      [contextId, type ?? null],
    ),
  );
}

async function withProperties(db: Queryable, { rows }: { rows: ArtifactRow[] }): Promise<MetadataArtifact[]> {
  if (rows.length === 0) return [];
  const properties = await readProperties(
    db,
    "artifact",
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({
    id: row.id,
    typeId: row.type_id,
    type: row.type,
    uri: row.uri ?? "",
    state: row.state,
    name: row.name,
    properties: {},
    customProperties: {},
    ...properties.get(row.id),
    createTime: Number(row.create_time),
    updateTime: Number(row.update_time),
  }));
}
