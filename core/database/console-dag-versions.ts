import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** A version of a DAG as the API shows it. */
export interface ListedVersion {
  id: string;
  dag_id: string;
  dag_display_name: string | null;
  version_number: number;
  created_at: Date;
}

/** What versions may be ordered by. */
export const VERSION_ORDER = {
  id: "v.id",
  version_number: "v.version_number",
  dag_id: "v.dag_id",
  created_at: "v.created_at",
} as const;

/** One page of the versions of a DAG, or of all, and how many there are. */
export async function listVersions(
  db: Queryable,
  filter: { readonly dagId?: string; readonly versionNumber?: number },
  page: Page<keyof typeof VERSION_ORDER>,
): Promise<{ rows: ListedVersion[]; total: number }> {
  const where = new SqlConditions();
  if (filter.dagId !== undefined) where.add("v.dag_id = ?", filter.dagId);
  if (filter.versionNumber !== undefined) where.add("v.version_number = ?", filter.versionNumber);
  const counted = "dag_version v join dag on dag.dag_id = v.dag_id";
  const select = `select v.id, v.dag_id, dag.dag_display_name, v.version_number, v.created_at from ${counted}`;
  return listPage<ListedVersion, keyof typeof VERSION_ORDER>(
    db,
    { select, counted, where, order: VERSION_ORDER, tieBreaker: "v.id" },
    page,
  );
}
