import { occupiedSlots, type PoolRow } from "#core/database/pools.ts";
import type { PoolAnswer } from "../../protocol.ts";

/** A pool as the API shows it. */
export function showPool(pool: PoolRow): PoolAnswer {
  const occupied = occupiedSlots(pool);
  return {
    name: pool.name,
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
}
