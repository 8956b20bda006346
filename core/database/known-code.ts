import type { Queryable } from "./connect.ts";

/** Those of the hashes whose code the database keeps. */
export async function findKnownCode(db: Queryable, codeHashes: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ code_hash: string }>(
    "select code_hash from dag_code where code_hash = any($1::text[])",
    [codeHashes],
  );
  return new Set(rows.map((row) => row.code_hash));
}
