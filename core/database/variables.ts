import type { Queryable } from "./connect.ts";

/** A variable's value, or null when there is none. */
export async function findVariable(db: Queryable, key: string): Promise<string | null> {
  const { rows } = await db.query<{ value: string }>("select value from variable where key = $1", [key]);
  return rows[0]?.value ?? null;
}

/** Stores a variable in place of an earlier one; the description is replaced as well. */
export async function storeVariable(
  db: Queryable,
  key: string,
  value: string,
  description: string | null = null,
): Promise<void> {
  await db.query(
    `insert into variable (key, value, description) values ($1, $2, $3)
     on conflict (key) do update set value = excluded.value, description = excluded.description`,
    [key, value, description],
  );
}

/** Deletes a variable; one that is not there is fine. */
export async function deleteVariable(db: Queryable, key: string): Promise<void> {
  await db.query("delete from variable where key = $1", [key]);
}
