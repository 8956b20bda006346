import test from "ava";
import { findBackfill } from "#core/database/backfills.ts";
import { createBackfill } from "#core/database/create-backfill.ts";
import { storeDag } from "../core/database/dag-fixture.ts";
import { startFakeWorker } from "./fake-worker.ts";
import { startTestScheduler } from "./support.ts";

const day = (number: number) => new Date(Date.UTC(2024, 0, number));
/** So long that no sweep does what a wake-up should have done. */
const NO_SWEEP = { scheduler: { scheduler_heartbeat_sec: 3_600 } };

test.serial("a backfill runs its dates in order and is complete with the last of them, without a sweep", async (t) => {
  await using scheduler = await startTestScheduler(NO_SWEEP);
  await using worker = await startFakeWorker(scheduler.config, scheduler.database);
  const db = scheduler.database;
  await storeDag(db, "dag", (dag) => dag.task("t", async () => 1)(), { schedule: "@daily" });
  const { id } = await createBackfill(db, {
    dagId: "dag",
    from: day(1),
    to: day(6),
    runBackwards: true,
    maxActiveRuns: 1,
  });
  await scheduler.until("the backfill is complete", async () => (await findBackfill(db, id))!.completed_at !== null);
  const backfilled = worker.claimed.filter(({ runId }) => runId.startsWith("backfill__"));
  t.deepEqual(
    backfilled.map(({ logicalDate }) => logicalDate!.getUTCDate()),
    [6, 5, 4, 3, 2, 1],
  );
});

test.serial(
  "a backfill of tasks that depend on past runs goes from run to run, though the past before it failed",
  async (t) => {
    await using scheduler = await startTestScheduler(NO_SWEEP);
    const db = scheduler.database;
    let broken = true;
    await using worker = await startFakeWorker(scheduler.config, db, () => (broken ? { state: "failed" } : {}));
    await storeDag(db, "dag", (dag) => dag.task("t", async () => 1, { dependsOnPast: true })(), { schedule: "@daily" });
    const first = await createBackfill(db, { dagId: "dag", from: day(1), to: day(1), reprocess: "failed" });
    const isOver = (id: number) => async () => (await findBackfill(db, id))!.completed_at !== null;
    await scheduler.until("the failing backfill is over", isOver(first.id));
    t.is((await findBackfill(db, first.id))!.failed_runs, 1);
    broken = false;
    const second = await createBackfill(db, { dagId: "dag", from: day(2), to: day(9), reprocess: "completed" });
    await scheduler.until("the backfill is complete", isOver(second.id));
    t.like(await findBackfill(db, second.id), { runs: 8, failed_runs: 0 });
    const dates = worker.claimed.map(({ logicalDate }) => logicalDate!.getTime()).filter((time) => time < +day(20));
    t.deepEqual(
      dates,
      dates.toSorted((a, b) => a - b),
    );
  },
);
