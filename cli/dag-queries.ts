import type { Queryable } from "#core/database/connect.ts";
import {
  type DagRow,
  type DagVersionRow,
  findCurrentVersion,
  findDagRow,
  listDags,
} from "#core/database/console-dags.ts";
import { findRunRow, type RunRow } from "#core/database/console-runs.ts";
import { findRunAt } from "#core/database/find-run-at.ts";
import { DaisyError, type ErrorCode } from "#core/errors.ts";
import { parseDate } from "./dates.ts";

const PAGE = 1_000;

/** Every DAG that a file holds, by id. */
export async function allDags(db: Queryable): Promise<DagRow[]> {
  const dags: DagRow[] = [];
  for (;;) {
    const { rows, total } = await listDags(db, {}, { limit: PAGE, offset: dags.length, orderBy: ["dag_id"] });
    dags.push(...rows);
    if (rows.length === 0 || dags.length >= total) return dags;
  }
}

/** A DAG that a file holds; the error named when there is none. */
export async function requireDag(
  db: Queryable,
  dagId: string,
  code: Extract<ErrorCode, "DAG_NOT_FOUND" | "DAG_NOT_IN_TABLE"> = "DAG_NOT_FOUND",
): Promise<DagRow> {
  const dag = await findDagRow(db, dagId);
  if (dag === undefined || dag.is_stale) throw new DaisyError(code, dagId);
  return dag;
}

/** The version of a DAG that new runs start with. */
export async function requireCurrentVersion(db: Queryable, dagId: string): Promise<DagVersionRow> {
  await requireDag(db, dagId);
  const version = await findCurrentVersion(db, dagId);
  if (version === undefined) throw new DaisyError("DAG_NOT_FOUND", dagId);
  return version;
}

/** A run by its id or its logical date, as users write either in one place; undefined when there is none. */
export async function findRun(db: Queryable, dagId: string, idOrDate: string): Promise<RunRow | undefined> {
  const byId = await findRunRow(db, dagId, idOrDate);
  if (byId !== undefined || /^[a-z]+_/i.test(idOrDate)) return byId;
  const runId = await findRunAt(db, dagId, parseDate(idOrDate));
  return runId === undefined ? undefined : findRunRow(db, dagId, runId);
}
