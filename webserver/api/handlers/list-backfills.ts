import { BACKFILL_ORDER, listBackfills } from "#core/database/backfills.ts";
import type { BackfillAnswer, Page } from "../../protocol.ts";
import { invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { readPage, readString } from "../read-query.ts";
import { showBackfill } from "../show/show-backfill.ts";

export const listBackfillsHandler: Handler = async ({ server, query }): Promise<Page<"backfills", BackfillAnswer>> => {
  const dagId = readString(query, "dag_id");
  if (dagId === undefined) throw invalid(["query", "dag_id"], "missing", "Field required", null);
  const { rows, total } = await listBackfills(server.db, { dagId }, readPage(query, BACKFILL_ORDER, "id"));
  return { backfills: rows.map(showBackfill), total_entries: total };
};
