import test from "ava";
import { transaction } from "#core/database/connect.ts";
import { timeOutRuns } from "#core/database/dag-runs.ts";
import { takeBackUnserved } from "#core/database/served-queues.ts";
import { stopRemainingTasks } from "#core/database/stop-remaining-tasks.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { until } from "#test/helpers/until.ts";
import { sideBySide, startRun, storeDag } from "./dag-fixture.ts";

const TASKS = Array.from({ length: 20 }, (_, index) => `t${String(index).padStart(2, "0")}`);
const LAST = TASKS.at(-1)!;

const ENDS = [
  { what: "stopping what is left of a run that fails fast", end: stopRemainingTasks, after: ["failed"] },
  {
    what: "failing a run that has taken too long",
    end: (db: Parameters<typeof timeOutRuns>[0], runs: readonly { dagRunId: number }[]) =>
      timeOutRuns(
        db,
        runs.map(({ dagRunId: id }) => ({ id, timeoutSeconds: -1 })),
      ),
    after: ["skipped"],
  },
];

for (const { what, end, after } of ENDS) {
  test(`${what} locks task instances in the order of their ids, as workers do: neither can wait for the other`, async (t) => {
    await using owner = await createTestDatabase();
    const db = owner.database;
    await storeDag(db, "a", sideBySide(...TASKS));
    const dagRunId = await startRun(db, "a");
    await db.query("update task_instance set state = 'running', start_date = now()");
    // The one with the least id is where any other order comes to last.
    await db.query("update task_instance set id = '00000000-0000-7000-8000-000000000000' where task_id = $1", [LAST]);
    const { ending, free } = await transaction(db, async (worker) => {
      await worker.query("select from task_instance where task_id = $1 for update", [LAST]);
      const ending = end(db, [{ dagRunId, spared: [] }]);
      await until("it waits for the worker", async () => {
        const { rowCount } = await db.query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return rowCount! > 0;
      });
      const { rowCount: free } = await worker.query("select from task_instance order by id for update skip locked");
      return { ending, free };
    });
    await ending;
    t.is(free, TASKS.length, "what comes later is not locked while it waits");
    const { rows } = await db.query("select distinct state from task_instance");
    t.deepEqual(
      rows.map(({ state }) => state),
      after,
    );
  });
}

test("tries are taken back from an unserved queue under fresh ids, but for one that a worker is just taking", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "a", sideBySide("t1", "t2", "t3"));
  await startRun(db, "a");
  await db.query("update task_instance set state = 'queued', queued_at = now(), try_number = 1, queue = 'gpu'");
  const idsByTask = async () => {
    const { rows } = await db.query<{ task_id: string; id: string; state: string }>(
      "select task_id, id, state from task_instance order by task_id",
    );
    return rows;
  };
  const before = await idsByTask();
  await transaction(db, async (worker) => {
    await worker.query("select from task_instance where task_id = 't3' for update");
    await takeBackUnserved(db, ["default"]);
  });
  const after = await idsByTask();
  t.deepEqual(
    after.map(({ state }) => state),
    ["scheduled", "scheduled", "queued"],
  );
  t.deepEqual(
    after.map(({ id }, place) => id === before[place]!.id),
    [false, false, true],
  );
});
