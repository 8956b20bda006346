import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** A variable as it is stored: `core/secrets` opens and seals the value. */
export interface VariableRow {
  key: string;
  value: string;
  description: string | null;
  is_encrypted: boolean;
}

/** What variables may be ordered by. */
export const VARIABLE_ORDER = { key: "key", description: "description", is_encrypted: "is_encrypted" } as const;

const COLUMNS = "key, value, description, is_encrypted";
const VALUES = (row: VariableRow) => [row.key, row.value, row.description, row.is_encrypted];

export async function findVariable(db: Queryable, key: string): Promise<VariableRow | undefined> {
  const { rows } = await db.query<VariableRow>(`select ${COLUMNS} from variable where key = $1`, [key]);
  return rows[0];
}

/** One page of the variables whose key passes the pattern, and how many pass. */
export async function listVariables(
  db: Queryable,
  filter: { keyPattern?: string | undefined },
  page: Page<keyof typeof VARIABLE_ORDER>,
): Promise<{ rows: VariableRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.keyPattern !== undefined) where.addPattern("key", filter.keyPattern);
  return listPage<VariableRow, keyof typeof VARIABLE_ORDER>(
    db,
    { select: `select ${COLUMNS} from variable`, counted: "variable", where, order: VARIABLE_ORDER, tieBreaker: "key" },
    page,
  );
}

/** Every variable by key; with `lock` none of them changes until the transaction ends. */
export async function listAllVariables(db: Queryable, options: { lock?: boolean } = {}): Promise<VariableRow[]> {
  const lock = options.lock ? "for update" : "";
  const { rows } = await db.query<VariableRow>(`select ${COLUMNS} from variable order by key ${lock}`);
  return rows;
}

/** Adds a variable; false when there is one of that key already. */
export async function insertVariable(db: Queryable, row: VariableRow): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into variable (${COLUMNS}) values ($1, $2, $3, $4) on conflict do nothing`,
    VALUES(row),
  );
  return rowCount === 1;
}

/** Stores a variable in place of an earlier one; the description is replaced as well. */
export async function storeVariable(db: Queryable, row: VariableRow): Promise<void> {
  await db.query(
    `insert into variable (${COLUMNS}) values ($1, $2, $3, $4)
     on conflict (key) do update set value = excluded.value, description = excluded.description,
       is_encrypted = excluded.is_encrypted`,
    VALUES(row),
  );
}

/** Deletes a variable; false when there was none, which is fine. */
export async function deleteVariable(db: Queryable, key: string): Promise<boolean> {
  const { rowCount } = await db.query("delete from variable where key = $1", [key]);
  return rowCount === 1;
}
