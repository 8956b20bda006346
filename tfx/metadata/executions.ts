import { NOW } from "./now.ts";
import { insertProperties, readProperties } from "./properties.ts";
import { putExecutionType } from "./put-type.ts";
import type { ExecutionStateNumber, MetadataExecution, Properties } from "./records.ts";
import type { Queryable, Transaction } from "./store.ts";

interface ExecutionRow {
  readonly id: number;
  readonly type_id: number;
  readonly type: string;
  readonly state: number | null;
  readonly name: string | null;
  readonly create_time: string;
  readonly update_time: string;
}

const SELECT_EXECUTION = `SELECT e.id, e.type_id, t.name AS type, e.last_known_state AS state, e.name,
  e.create_time_since_epoch AS create_time, e.last_update_time_since_epoch AS update_time
  FROM Execution e JOIN Type t ON t.id = e.type_id`;

/** Inserts an execution, registering its type with every property as a string, as TFX does; returns its id. */
export async function putExecution(
  transaction: Transaction,
  execution: {
    readonly type: string;
    readonly state: ExecutionStateNumber;
    readonly properties: Readonly<Record<string, string>>;
  },
): Promise<number> {
  const names = Object.keys(execution.properties);
  const typeId = await putExecutionType(transaction, {
    name: execution.type,
    properties: Object.fromEntries(names.map((name) => [name, "STRING" as const])),
  });
  const { rows } = await transaction.query<{ id: number }>(
    `INSERT INTO Execution (type_id, last_known_state, create_time_since_epoch, last_update_time_since_epoch)
     VALUES ($1, $2, ${NOW}, ${NOW}) RETURNING id`,
    [typeId, execution.state],
  );
  const id = rows[0]!.id;
  await insertProperties(transaction, "execution", id, execution.properties, {});
  return id;
}

/** Moves an execution from one state to another; false, with nothing changed, when it is in a third one. */
export async function moveExecution(
  transaction: Transaction,
  id: number,
  from: ExecutionStateNumber,
  to: ExecutionStateNumber,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `UPDATE Execution SET last_known_state = $3, last_update_time_since_epoch = ${NOW} WHERE id = $1 AND last_known_state = $2`,
    [id, from, to],
  );
  return rowCount === 1;
}

/** Sets one string property of an execution, e.g. TFX's `state`. */
export async function setExecutionProperty(
  transaction: Transaction,
  id: number,
  name: string,
  value: string,
): Promise<void> {
  await transaction.query(
    `INSERT INTO ExecutionProperty (execution_id, name, is_custom_property, string_value) VALUES ($1, $2, false, $3)
     ON CONFLICT (execution_id, name, is_custom_property) DO UPDATE SET string_value = excluded.string_value`,
    [id, name, value],
  );
}

/** Every execution, oldest first. */
export async function getExecutions(db: Queryable): Promise<MetadataExecution[]> {
  return withProperties(db, await db.query<ExecutionRow>(`${SELECT_EXECUTION} ORDER BY e.id`));
}

/** The executions with these ids, by id; ids that are not there are left out. */
export async function getExecutionsById(db: Queryable, ids: readonly number[]): Promise<MetadataExecution[]> {
  return withProperties(
    db,
    await db.query<ExecutionRow>(`${SELECT_EXECUTION} WHERE e.id = ANY($1) ORDER BY e.id`, [ids]),
  );
}

/** Executions of one type, oldest first. */
export async function getExecutionsByType(db: Queryable, type: string): Promise<MetadataExecution[]> {
  return withProperties(
    db,
    await db.query<ExecutionRow>(`${SELECT_EXECUTION} WHERE t.name = $1 ORDER BY e.id`, [type]),
  );
}

/** Executions in a context, newest first; only those in one of the states when they are given. */
export async function getExecutionsByContext(
  db: Queryable,
  contextId: number,
  states?: readonly ExecutionStateNumber[],
): Promise<MetadataExecution[]> {
  return withProperties(
    db,
    await db.query<ExecutionRow>(
      `${SELECT_EXECUTION} JOIN Association b ON b.execution_id = e.id
       WHERE b.context_id = $1 AND ($2::int[] IS NULL OR e.last_known_state = ANY($2)) ORDER BY e.id DESC`,
      [contextId, states ?? null],
    ),
  );
}

/**
 * Executions of one type in a context and state whose INPUT events hold all of these artifacts, newest first.
 * This is the first sieve of TFX's cache; the caller compares properties and keys.
 */
export async function getExecutionsByInputs(
  db: Queryable,
  question: {
    readonly contextId: number;
    readonly type: string;
    readonly state: ExecutionStateNumber;
    readonly inputArtifactIds: readonly number[];
    readonly limit: number;
  },
): Promise<MetadataExecution[]> {
  const inputs = [...new Set(question.inputArtifactIds)];
  return withProperties(
    db,
    await db.query<ExecutionRow>(
      `${SELECT_EXECUTION} JOIN Association b ON b.execution_id = e.id
       WHERE b.context_id = $1 AND t.name = $2 AND e.last_known_state = $3
         AND (SELECT count(DISTINCT v.artifact_id) FROM Event v
              WHERE v.execution_id = e.id AND v.type = 3 AND v.artifact_id = ANY($4)) = $5
       ORDER BY e.id DESC LIMIT $6`,
      [question.contextId, question.type, question.state, inputs, inputs.length, question.limit],
    ),
  );
}

async function withProperties(db: Queryable, { rows }: { rows: ExecutionRow[] }): Promise<MetadataExecution[]> {
  if (rows.length === 0) return [];
  const properties = await readProperties(
    db,
    "execution",
    rows.map((row) => row.id),
  );
  const none: { properties: Properties; customProperties: Properties } = { properties: {}, customProperties: {} };
  return rows.map((row) => ({
    id: row.id,
    typeId: row.type_id,
    type: row.type,
    state: row.state,
    name: row.name,
    ...(properties.get(row.id) ?? none),
    createTime: Number(row.create_time),
    updateTime: Number(row.update_time),
  }));
}
