import { BACKFILL_ORDER, listBackfills } from "#core/database/backfills.ts";
import type { BackfillProgress, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readBoolean, readPage, readString } from "../read-query.ts";
import { showBackfill } from "../show/show-backfill.ts";

/** Backfills for the console, of one DAG or of all, with how far each is. */
export const uiListBackfills: Handler = async ({ server, query }): Promise<Page<"backfills", BackfillProgress>> => {
  const { rows, total } = await listBackfills(
    server.db,
    { dagId: readString(query, "dag_id"), active: readBoolean(query, "active") },
    readPage(query, BACKFILL_ORDER, "id"),
  );
  return {
    backfills: rows.map((row) => ({
      ...showBackfill(row),
      runs: row.runs,
      ended_runs: row.ended_runs,
      failed_runs: row.failed_runs,
    })),
    total_entries: total,
  };
};
