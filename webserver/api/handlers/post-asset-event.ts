import { emitAssetEvents } from "#core/database/assets.ts";
import { findAssetRow, listAssetEvents } from "#core/database/console-assets.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { isPlainObject, type JsonValue } from "#sdk/json.ts";
import type { AssetEventAnswer } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { readBody } from "../read-body.ts";
import { readWholeNumber } from "../read-fields.ts";
import { showAssetEvent } from "../show/show-asset.ts";

/** Says that an asset was brought up to date outside of Daisy; DAGs that wait for it get a run. */
export const postAssetEvent: Handler = async ({ server, body }): Promise<AssetEventAnswer> => {
  const fields = readBody(body, ["asset_id", "extra", "partition_key"]);
  const id = readWholeNumber(fields, "asset_id", 0, 2 ** 31 - 1);
  if (id === undefined) throw invalid(["body", "asset_id"], "missing", "Field required", body);
  if ((fields.partition_key ?? null) !== null) throw new ApiError(400, "Partitioned assets are not supported");
  const given = fields.extra ?? {};
  if (!isPlainObject(given)) throw invalid(["body", "extra"], "dict_type", "Input should be a valid dictionary", given);
  const asset = await findAssetRow(server.db, id);
  if (asset === undefined) throw new ApiError(404, `Asset with ID: \`${id}\` was not found`);
  const { name, uri } = asset;
  const extra = { ...given, from_rest_api: true } as Record<string, JsonValue>;
  const [eventId] = await emitAssetEvents(server.db, [{ name, uri, extra }]);
  await recordEvent(server.db, { event: "create_asset_event", extra: { asset_id: id } });
  const { rows } = await listAssetEvents(server.db, { id: eventId! }, { limit: 1, offset: 0, orderBy: ["id"] });
  return showAssetEvent(rows[0]!);
};
