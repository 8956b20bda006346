import { listProducers } from "#core/database/console-assets.ts";
import { findRunRow } from "#core/database/console-runs.ts";
import { materializeAsset } from "#core/database/materialize-asset.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { DagRunAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { parseInteger } from "../read-query.ts";
import { showRun } from "../show/show-run.ts";

/** Starts a run of the one DAG that has the asset as an outlet. */
export const materializeAssetHandler: Handler = async ({ server: { db }, params }): Promise<DagRunAnswer> => {
  const id = parseInteger(params.assetId!, ["path", "asset_id"]);
  const [dagId, another] = await listProducers(db, { id });
  if (dagId === undefined) throw new ApiError(404, `No DAG materializes asset with ID: ${id}`);
  if (another !== undefined) throw new ApiError(409, `More than one DAG materializes asset with ID: ${id}`);
  const runId = await materializeAsset(db, dagId, "rest_api");
  await recordEvent(db, { event: "materialize_asset", dagId, runId, extra: { asset_id: id } });
  return showRun((await findRunRow(db, dagId, runId))!);
};
