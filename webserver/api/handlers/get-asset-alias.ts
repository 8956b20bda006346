import { findAlias } from "#core/database/console-assets.ts";
import type { AssetAliasAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { parseInteger } from "../read-query.ts";

export const getAssetAlias: Handler = async ({ server, params }): Promise<AssetAliasAnswer> => {
  const id = params.aliasId!;
  const alias = await findAlias(server.db, parseInteger(id, ["path", "asset_alias_id"]));
  if (alias === undefined) throw new ApiError(404, `The Asset Alias with ID: \`${id}\` was not found`);
  return alias;
};
