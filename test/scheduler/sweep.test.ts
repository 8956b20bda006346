import { once } from "node:events";
import test from "ava";
import { queueTasks } from "#core/database/ready-tasks.ts";
import { Sweep } from "#scheduler/sweep.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { sideBySide, startRun, storeDag } from "../core/database/dag-fixture.ts";

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
