import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** Airflow's `DagWarningType`, as far as Daisy has reasons to warn. */
export const DAG_WARNING_TYPES = ["non-existent pool", "runtime varying value"] as const;
export type DagWarningType = (typeof DAG_WARNING_TYPES)[number];

export interface DagWarningRow {
  dag_id: string;
  dag_display_name: string | null;
  warning_type: DagWarningType;
  message: string;
  timestamp: Date;
}

/** What warnings may be ordered by. */
export const DAG_WARNING_ORDER = {
  dag_id: "dag_id",
  warning_type: "warning_type",
  message: "message",
  timestamp: "timestamp",
} as const;

/** Stores a DAG's warning of a kind; the moment is that of its first time. */
export async function putDagWarning(
  db: Queryable,
  dagId: string,
  type: DagWarningType,
  message: string,
): Promise<void> {
  await db.query(
    `insert into dag_warning (dag_id, warning_type, message) values ($1, $2, $3)
     on conflict (dag_id, warning_type) do update set message = excluded.message, timestamp = now()
       where dag_warning.message <> excluded.message`,
    [dagId, type, message],
  );
}

/** Takes back a DAG's warning of a kind. */
export async function deleteDagWarning(db: Queryable, dagId: string, type: DagWarningType): Promise<void> {
  await db.query("delete from dag_warning where dag_id = $1 and warning_type = $2", [dagId, type]);
}

/** One page of the warnings of DAGs that a file holds, and how many there are. */
export async function listDagWarnings(
  db: Queryable,
  filter: { readonly dagId?: string; readonly type?: DagWarningType },
  page: Page<keyof typeof DAG_WARNING_ORDER>,
): Promise<{ rows: DagWarningRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.dagId !== undefined) where.add("dag_id = ?", filter.dagId);
  if (filter.type !== undefined) where.add("warning_type = ?", filter.type);
  return listPage<DagWarningRow, keyof typeof DAG_WARNING_ORDER>(
    db,
    {
      select: "select dag_id, dag_display_name, warning_type, message, timestamp from dag_warnings",
      counted: "dag_warnings",
      where,
      order: DAG_WARNING_ORDER,
      tieBreaker: "dag_id, warning_type",
    },
    page,
  );
}
