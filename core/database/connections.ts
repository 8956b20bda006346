import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** A connection as it is stored: `core/secrets` opens and seals password and extra. */
export interface ConnectionRow {
  conn_id: string;
  conn_type: string;
  description: string | null;
  host: string | null;
  schema: string | null;
  login: string | null;
  password: string | null;
  port: number | null;
  extra: string | null;
  /** Of the password. */
  is_encrypted: boolean;
  is_extra_encrypted: boolean;
}

/** What connections may be ordered by. */
export const CONNECTION_ORDER = {
  connection_id: "conn_id",
  conn_id: "conn_id",
  conn_type: "conn_type",
  description: "description",
  host: "host",
  port: "port",
} as const;

const NAMES = [
  ...["conn_id", "conn_type", "description", "host", "schema", "login", "password", "port", "extra"],
  ...["is_encrypted", "is_extra_encrypted"],
] as const;
const COLUMNS = NAMES.join(", ");
const PLACES = NAMES.map((_, index) => `$${index + 1}`).join(", ");
const valuesOf = (row: ConnectionRow) => NAMES.map((name) => row[name as keyof ConnectionRow]);

export async function findConnection(db: Queryable, connId: string): Promise<ConnectionRow | undefined> {
  const { rows } = await db.query<ConnectionRow>(`select ${COLUMNS} from connection where conn_id = $1`, [connId]);
  return rows[0];
}

/** One page of the connections whose id passes the pattern, and how many pass. */
export async function listConnections(
  db: Queryable,
  filter: { idPattern?: string | undefined },
  page: Page<keyof typeof CONNECTION_ORDER>,
): Promise<{ rows: ConnectionRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.idPattern !== undefined) where.addPattern("conn_id", filter.idPattern);
  return listPage<ConnectionRow, keyof typeof CONNECTION_ORDER>(
    db,
    {
      select: `select ${COLUMNS} from connection`,
      counted: "connection",
      where,
      order: CONNECTION_ORDER,
      tieBreaker: "conn_id",
    },
    page,
  );
}

/** Every connection by id; with `lock` none of them changes until the transaction ends. */
export async function listAllConnections(db: Queryable, options: { lock?: boolean } = {}): Promise<ConnectionRow[]> {
  const lock = options.lock ? "for update" : "";
  const { rows } = await db.query<ConnectionRow>(`select ${COLUMNS} from connection order by conn_id ${lock}`);
  return rows;
}

/** Adds a connection; false when there is one of that id already. */
export async function insertConnection(db: Queryable, row: ConnectionRow): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into connection (${COLUMNS}) values (${PLACES}) on conflict do nothing`,
    valuesOf(row),
  );
  return rowCount === 1;
}

/** Stores a connection in place of an earlier one. */
export async function storeConnection(db: Queryable, row: ConnectionRow): Promise<void> {
  const replaced = NAMES.slice(1).map((name) => `${name} = excluded.${name}`);
  await db.query(
    `insert into connection (${COLUMNS}) values (${PLACES}) on conflict (conn_id) do update set ${replaced.join(", ")}`,
    valuesOf(row),
  );
}

/** Deletes a connection; false when there was none. */
export async function deleteConnection(db: Queryable, connId: string): Promise<boolean> {
  const { rowCount } = await db.query("delete from connection where conn_id = $1", [connId]);
  return rowCount === 1;
}
