import test from "ava";
import { storePool } from "#core/database/pools.ts";
import { startRun, storeDag } from "../core/database/dag-fixture.ts";
import { startFakeWorker } from "./fake-worker.ts";
import { startTestScheduler } from "./support.ts";

test("a task that waits for a pool starts when the pool gets slots, without a sweep", async (t) => {
  await using scheduler = await startTestScheduler({ scheduler: { scheduler_heartbeat_sec: 3_600 } });
  const db = scheduler.database;
  await using _worker = await startFakeWorker(scheduler.config, db);
  const pool = { name: "tight", slots: 0, description: null, include_deferred: false };
  await storePool(db, pool);
  await storeDag(db, "dag", (dag) => dag.task("t", async () => 1, { pool: "tight" })());
  await startRun(db, "dag");
  const isIn = (state: string) => async () => {
    const { rows } = await db.query("select from task_instance where state = $1", [state]);
    return rows.length === 1;
  };
  await scheduler.until("it waits", isIn("scheduled"));
  await storePool(db, { ...pool, slots: 1 });
  await t.notThrowsAsync(scheduler.until("it has run", isIn("success")));
});
