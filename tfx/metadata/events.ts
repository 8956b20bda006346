import { NOW } from "./now.ts";
import type { EventTypeNumber, MetadataEvent } from "./records.ts";
import type { Queryable, Transaction } from "./store.ts";

interface EventRow {
  readonly artifact_id: number;
  readonly execution_id: number;
  readonly type: number;
  readonly time: string | null;
  readonly step_key: string | null;
  readonly step_index: number | null;
}

/** `EventPath` has no order column, but components write one key and one index, so a pivot finds them. */
const SELECT_EVENT = `SELECT v.artifact_id, v.execution_id, v.type, v.milliseconds_since_epoch AS time,
  (SELECT p.step_key FROM EventPath p WHERE p.event_id = v.id AND NOT p.is_index_step LIMIT 1) AS step_key,
  (SELECT p.step_index FROM EventPath p WHERE p.event_id = v.id AND p.is_index_step LIMIT 1) AS step_index
  FROM Event v`;

/** Records that an execution read or wrote the artifacts of each key, in the order of the lists. */
export async function putEvents(
  transaction: Transaction,
  executionId: number,
  type: EventTypeNumber,
  artifactIds: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  for (const [key, ids] of Object.entries(artifactIds)) {
    for (const [index, artifactId] of ids.entries()) {
      await putEvent(transaction, executionId, type, artifactId, key, index);
    }
  }
}

async function putEvent(
  transaction: Transaction,
  executionId: number,
  type: EventTypeNumber,
  artifactId: number,
  key: string,
  index: number,
): Promise<void> {
  // One artifact may come under two keys; ML Metadata keeps one event for each (artifact, execution, type).
  const { rows } = await transaction.query<{ id: number }>(
    `INSERT INTO Event (artifact_id, execution_id, type, milliseconds_since_epoch) VALUES ($1, $2, $3, ${NOW})
     ON CONFLICT (artifact_id, execution_id, type) DO NOTHING RETURNING id`,
    [artifactId, executionId, type],
  );
  if (rows[0] === undefined) return;
  await transaction.query(
    `INSERT INTO EventPath (event_id, is_index_step, step_index, step_key) VALUES ($1, false, NULL, $2), ($1, true, $3, NULL)`,
    [rows[0].id, key, index],
  );
}

/** What was done with these artifacts, oldest event first. */
export async function getEventsByArtifactIds(db: Queryable, ids: readonly number[]): Promise<MetadataEvent[]> {
  const { rows } = await db.query<EventRow>(`${SELECT_EVENT} WHERE v.artifact_id = ANY($1) ORDER BY v.id`, [ids]);
  return rows.map(toEvent);
}

/** What these executions read and wrote, oldest event first. */
export async function getEventsByExecutionIds(db: Queryable, ids: readonly number[]): Promise<MetadataEvent[]> {
  const { rows } = await db.query<EventRow>(`${SELECT_EVENT} WHERE v.execution_id = ANY($1) ORDER BY v.id`, [ids]);
  return rows.map(toEvent);
}

function toEvent(row: EventRow): MetadataEvent {
  return {
    artifactId: row.artifact_id,
    executionId: row.execution_id,
    type: row.type,
    time: Number(row.time ?? 0),
    key: row.step_key ?? "",
    index: row.step_index ?? 0,
  };
}
