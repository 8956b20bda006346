import { listPools, POOL_ORDER } from "#core/database/pools.ts";
import type { Page, PoolAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readPage, readString } from "../read-query.ts";
import { showPool } from "../show/show-pool.ts";

export const listPoolsHandler: Handler = async ({ server, query }): Promise<Page<"pools", PoolAnswer>> => {
  const { rows, total } = await listPools(
    server.db,
    { namePattern: readString(query, "pool_name_pattern") },
    readPage(query, POOL_ORDER, "name"),
  );
  return { pools: rows.map(showPool), total_entries: total };
};
