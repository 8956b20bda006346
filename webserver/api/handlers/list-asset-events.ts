import { ASSET_EVENT_ORDER, listAssetEvents } from "#core/database/console-assets.ts";
import type { AssetEventAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readInstant, readInteger, readPage, readString } from "../read-query.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { showAssetEvent } from "../show/show-asset.ts";

const REFUSED = prefixPatterns("name");

export const listAssetEventsHandler: Handler = async ({
  server,
  query,
}): Promise<Page<"asset_events", AssetEventAnswer>> => {
  refuseFilters(query, REFUSED);
  const { rows, total } = await listAssetEvents(
    server.db,
    {
      assetId: readInteger(query, "asset_id"),
      sourceDagId: readString(query, "source_dag_id"),
      sourceTaskId: readString(query, "source_task_id"),
      sourceRunId: readString(query, "source_run_id"),
      sourceMapIndex: readInteger(query, "source_map_index", -1),
      namePattern: readString(query, "name_pattern"),
      from: readInstant(query, "timestamp_gte"),
      after: readInstant(query, "timestamp_gt"),
      to: readInstant(query, "timestamp_lte"),
      before: readInstant(query, "timestamp_lt"),
    },
    readPage(query, ASSET_EVENT_ORDER, "timestamp"),
  );
  return { asset_events: rows.map(showAssetEvent), total_entries: total };
};
