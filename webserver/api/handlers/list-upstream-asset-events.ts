import { listAssetEvents } from "#core/database/console-assets.ts";
import type { AssetEventAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { runOf } from "../find-or-404.ts";
import { showAssetEvent } from "../show/show-asset.ts";

/** More than any run is created for. */
const ALL_EVENTS = 100_000;

/** The events that a run was created for. */
export const listUpstreamAssetEvents: Handler = async (call): Promise<Page<"asset_events", AssetEventAnswer>> => {
  const run = await runOf(call);
  const page = { limit: ALL_EVENTS, offset: 0, orderBy: ["timestamp"] } as const;
  const { rows, total } = await listAssetEvents(call.server.db, { dagRunId: run.id }, page);
  return { asset_events: rows.map(showAssetEvent), total_entries: total };
};
