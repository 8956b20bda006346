import { deleteQueuedEvents, listQueuedEvents, type QueuedEventFilter } from "#core/database/console-assets.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { Page, QueuedEventAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { parseInteger, readInstant } from "../read-query.ts";
import { showQueuedEvent } from "../show/show-asset.ts";

/** The events that DAGs have not had a run for: of the DAG or the asset that the path names, or of both. */
export const listQueuedEventsHandler: Handler = async (
  call,
): Promise<Page<"queued_events", QueuedEventAnswer> | QueuedEventAnswer> => {
  const filter = filterOf(call);
  const rows = await listQueuedEvents(call.server.db, filter);
  if (rows.length === 0) throw notFound(filter);
  const events = rows.map(showQueuedEvent);
  if (filter.dagId !== undefined && filter.assetId !== undefined) return events[0]!;
  return { queued_events: events, total_entries: events.length };
};

/** Takes them from the queues. */
export const deleteQueuedEventsHandler: Handler = async (call): Promise<void> => {
  const filter = filterOf(call);
  const { db } = call.server;
  if (!(await deleteQueuedEvents(db, filter))) throw notFound(filter);
  await recordEvent(db, { event: "delete_queued_asset_events", dagId: filter.dagId, extra: filter });
  call.response.status(204).end();
};

function filterOf({ params: { dagId, assetId }, query }: Call): QueuedEventFilter {
  return {
    dagId,
    assetId: assetId === undefined ? undefined : parseInteger(assetId, ["path", "asset_id"]),
    before: readInstant(query, "before"),
  };
}

function notFound({ dagId, assetId }: QueuedEventFilter): ApiError {
  if (dagId !== undefined && assetId !== undefined) {
    return new ApiError(404, `Queued event with dag_id: \`${dagId}\` and asset_id: \`${assetId}\` was not found`);
  }
  const what = dagId === undefined ? `asset_id: \`${assetId}\`` : `dag_id: \`${dagId}\``;
  return new ApiError(404, `Queue event with ${what} was not found`);
}
