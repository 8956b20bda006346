import { listPools } from "#core/database/console-lists.ts";
import type { Page, PoolAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";

export const listPoolsHandler: Handler = async ({ server }): Promise<Page<"pools", PoolAnswer>> => {
  const pools = await listPools(server.db);
  return {
    pools: pools.map((pool) => {
      const occupied = pool.running + pool.queued + (pool.include_deferred ? pool.deferred : 0);
      return {
        name: pool.pool,
        slots: pool.slots,
        description: pool.description,
        include_deferred: pool.include_deferred,
        occupied_slots: occupied,
        running_slots: pool.running,
        queued_slots: pool.queued,
        scheduled_slots: pool.scheduled,
        // -1 stands for no limit.
        open_slots: pool.slots === -1 ? -1 : pool.slots - occupied,
        deferred_slots: pool.deferred,
        team_name: null,
      };
    }),
    total_entries: pools.length,
  };
};
