import { ALIAS_ORDER, listAliases } from "#core/database/console-assets.ts";
import type { AssetAliasAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readPage, readString } from "../read-query.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";

const REFUSED = prefixPatterns("name");

export const listAssetAliases: Handler = async ({
  server,
  query,
}): Promise<Page<"asset_aliases", AssetAliasAnswer>> => {
  refuseFilters(query, REFUSED);
  const filter = { namePattern: readString(query, "name_pattern") };
  const { rows, total } = await listAliases(server.db, filter, readPage(query, ALIAS_ORDER, "id"));
  return { asset_aliases: rows, total_entries: total };
};
