import { once } from "node:events";
import test from "ava";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { queueTasks } from "#core/database/ready-tasks.ts";
import { Sweep } from "#scheduler/sweep.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { sideBySide, startRun, storeDag } from "../core/database/dag-fixture.ts";
import { startTestScheduler } from "./support.ts";

/** Longer than any test: what happens meanwhile does not wait for the sweep. */
const HOUR = 3_600;

test("a try whose job was lost is told to the queue again and again, long before the next sweep", async (t) => {
  await using fixture = await createTestDatabase();
  const db = fixture.database;
  await storeDag(db, "a", sideBySide("t"));
  const dagRunId = await startRun(db, "a");
  const { tasks } = await queueTasks(db, [{ dagRunId, taskId: "t", mapIndex: -1 }], 10);
  const told: string[][] = [];
  const enough = new AbortController();
  const noSweep = { sweep: () => Promise.reject(new Error("It is not time for a sweep")) };
  const dispatcher = {
    dispatch(tries: readonly { readonly id: string }[]) {
      if (tries.length > 0) told.push(tries.map(({ id }) => id));
      if (told.length === 2) enough.abort();
    },
  };
  const running = new Sweep(db, { sweep: HOUR, tellAgain: 1 }, noSweep, dispatcher).run(enough.signal);
  await Promise.race([once(enough.signal, "abort"), running]);
  await running;
  t.deepEqual(told, [[tasks[0]!.id], [tasks[0]!.id]]);
});

test("a task that somebody held when it was to be queued is queued by a sweep when he has given up", async (t) => {
  await using scheduler = await startTestScheduler();
  const { database: db } = scheduler;
  await scheduler.stop();
  await storeDag(db, "a", sideBySide("free", "held"));
  await createManualRun(db, { dagId: "a", triggeredBy: "test" });
  const queued = async () => {
    const { rows } = await db.query("select task_id from task_instance where state = 'queued' order by task_id");
    return rows.map((row) => row.task_id);
  };
  const holder = await db.connect();
  await holder.query("begin; select from task_instance where task_id = 'held' for update");
  scheduler.start();
  await scheduler.until("the other task is queued", async () => (await queued()).length > 0);
  t.deepEqual(await queued(), ["free"]);
  await holder.query("rollback");
  holder.release();
  await scheduler.until("both are queued", async () => (await queued()).length === 2);
});
