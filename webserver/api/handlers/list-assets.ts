import { ASSET_ORDER, listAssets } from "#core/database/console-assets.ts";
import type { AssetAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readBoolean, readPage, readString, readStrings } from "../read-query.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { showAsset } from "../show/show-asset.ts";

const REFUSED = prefixPatterns("name", "uri");

export const listAssetsHandler: Handler = async ({ server, query }): Promise<Page<"assets", AssetAnswer>> => {
  refuseFilters(query, REFUSED);
  const { rows, total } = await listAssets(
    server.db,
    {
      namePattern: readString(query, "name_pattern"),
      uriPattern: readString(query, "uri_pattern"),
      dagIds: readStrings(query, "dag_ids").flatMap((ids) => ids.split(",")),
      onlyActive: readBoolean(query, "only_active") ?? true,
    },
    readPage(query, ASSET_ORDER, "id"),
  );
  return { assets: rows.map(showAsset), total_entries: total };
};
