import test from "ava";
import { connect, transaction } from "#core/database/connect.ts";
import { queueTasks } from "#core/database/ready-tasks.ts";
import { DECIDING_SETTINGS } from "#scheduler/scheduler.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { rowsRead, seedWorld } from "./limits-world.ts";

const DAY = { dags: [{ dagId: "a", maxActiveTasks: 10_000 }], runs: [{ dagId: "a", day: 1 }] };
const TASKS = 3_000;

test("a connection that has planned for an empty table looks a task up by its key when the table is full", async (t) => {
  await using base = await createTestDatabase();
  await base.database.query("alter table task_instance set (autovacuum_enabled = off)");
  const deciding = connect(base.url, { maxConnections: 1, settings: DECIDING_SETTINGS });
  try {
    // More often than PostgreSQL waits before it keeps a plan.
    for (let i = 0; i < 10; i++) await queueTasks(deciding, [{ dagRunId: 1, taskId: "t", mapIndex: -1 }], 100);
    const tasks = Array.from({ length: TASKS }, (_, mapIndex) => ({ run: 0, taskId: "m", mapIndex, state: null }));
    const [dagRunId] = await seedWorld(base.database, { ...DAY, tasks });
    await transaction(deciding, async (tx) => {
      const { tasks: moved } = await queueTasks(tx, [{ dagRunId: dagRunId!, taskId: "m", mapIndex: 7 }], 100);
      t.deepEqual(
        moved.map(({ mapIndex, state }) => [mapIndex, state]),
        [[7, "queued"]],
      );
      t.true((await rowsRead(tx)) < TASKS / 10);
    });
  } finally {
    await deciding.end();
  }
});
