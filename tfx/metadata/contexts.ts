import { NOW } from "./now.ts";
import { insertProperties, readProperties } from "./properties.ts";
import { putContextType } from "./put-type.ts";
import type { MetadataContext } from "./records.ts";
import type { Queryable, Transaction } from "./store.ts";

interface ContextRow {
  readonly id: number;
  readonly type_id: number;
  readonly type: string;
  readonly name: string;
  readonly create_time: string;
  readonly update_time: string;
}

const SELECT_CONTEXT = `SELECT c.id, c.type_id, t.name AS type, c.name,
  c.create_time_since_epoch AS create_time, c.last_update_time_since_epoch AS update_time
  FROM Context c JOIN Type t ON t.id = c.type_id`;

/** Inserts a context unless one of this type and name is there; returns its id. Properties are strings. */
export async function putContext(
  transaction: Transaction,
  context: { readonly type: string; readonly name: string; readonly properties: Readonly<Record<string, string>> },
): Promise<number> {
  const names = Object.keys(context.properties);
  const typeId = await putContextType(transaction, {
    name: context.type,
    properties: Object.fromEntries(names.map((name) => [name, "STRING" as const])),
  });
  const inserted = await transaction.query<{ id: number }>(
    `INSERT INTO Context (type_id, name, create_time_since_epoch, last_update_time_since_epoch)
     SELECT $1::int, $2::varchar, ${NOW}, ${NOW} WHERE NOT EXISTS (SELECT FROM Context WHERE type_id = $1 AND name = $2)
     ON CONFLICT (type_id, name) DO NOTHING RETURNING id`,
    [typeId, context.name],
  );
  if (inserted.rows[0] !== undefined) {
    await insertProperties(transaction, "context", inserted.rows[0].id, context.properties, {});
    return inserted.rows[0].id;
  }
  const { rows } = await transaction.query<{ id: number }>("SELECT id FROM Context WHERE type_id = $1 AND name = $2", [
    typeId,
    context.name,
  ]);
  return rows[0]!.id;
}

/** The context of this type and name, or undefined. */
export async function getContextByTypeAndName(
  db: Queryable,
  type: string,
  name: string,
): Promise<MetadataContext | undefined> {
  const found = await withProperties(
    db,
    await db.query<ContextRow>(`${SELECT_CONTEXT} WHERE t.name = $1 AND c.name = $2`, [type, name]),
  );
  return found[0];
}

/** Contexts of one type, oldest first. */
export async function getContextsByType(db: Queryable, type: string): Promise<MetadataContext[]> {
  return withProperties(db, await db.query<ContextRow>(`${SELECT_CONTEXT} WHERE t.name = $1 ORDER BY c.id`, [type]));
}

/** The contexts that an execution is in, oldest first. */
export async function getContextsByExecution(db: Queryable, executionId: number): Promise<MetadataContext[]> {
  return withProperties(
    db,
    await db.query<ContextRow>(
      `${SELECT_CONTEXT} JOIN Association b ON b.context_id = c.id WHERE b.execution_id = $1 ORDER BY c.id`,
      [executionId],
    ),
  );
}

/** Puts an execution into contexts; those it is in already stay as they are. */
export async function putAssociations(
  transaction: Transaction,
  executionId: number,
  contextIds: readonly number[],
): Promise<void> {
  await transaction.query(
    `INSERT INTO Association (context_id, execution_id) SELECT unnest($2::int[]), $1 ON CONFLICT DO NOTHING`,
    [executionId, contextIds],
  );
}

/** Puts artifacts into contexts, each into all; those that are in already stay as they are. */
export async function putAttributions(
  transaction: Transaction,
  artifactIds: readonly number[],
  contextIds: readonly number[],
): Promise<void> {
  await transaction.query(
    `INSERT INTO Attribution (context_id, artifact_id)
     SELECT context_id, artifact_id FROM unnest($2::int[]) context_id, unnest($1::int[]) artifact_id ON CONFLICT DO NOTHING`,
    [artifactIds, contextIds],
  );
}

async function withProperties(db: Queryable, { rows }: { rows: ContextRow[] }): Promise<MetadataContext[]> {
  if (rows.length === 0) return [];
  const properties = await readProperties(
    db,
    "context",
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({
    id: row.id,
    typeId: row.type_id,
    type: row.type,
    name: row.name,
    properties: {},
    customProperties: {},
    ...properties.get(row.id),
    createTime: Number(row.create_time),
    updateTime: Number(row.update_time),
  }));
}
