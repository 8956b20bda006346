import { listPools, POOL_ORDER } from "#core/database/pools.ts";
import type { Page, PoolAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readPage, readString } from "../read-query.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { showPool } from "../show/show-pool.ts";

const REFUSED = prefixPatterns("pool_name");

export const listPoolsHandler: Handler = async ({ server, query }): Promise<Page<"pools", PoolAnswer>> => {
  refuseFilters(query, REFUSED);
  const { rows, total } = await listPools(
    server.db,
    { namePattern: readString(query, "pool_name_pattern") },
    readPage(query, POOL_ORDER, "name"),
  );
  return { pools: rows.map(showPool), total_entries: total };
};
