import { randomUUID } from "node:crypto";
import test from "ava";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { type NewJob, recordHeartbeat, recordJobEnd } from "#core/database/jobs.ts";
import { listServedQueues } from "#core/database/served-queues.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { storeDag } from "../core/database/dag-fixture.ts";
import { startTestScheduler, type TestScheduler } from "./support.ts";

const workerOf = (...queues: string[]): NewJob => ({
  ...{ id: randomUUID(), jobType: "WorkerJob", hostname: "elsewhere", pid: 1, queues },
});

/** Task ids by state. */
async function inState({ database }: TestScheduler, state: string): Promise<string[]> {
  const { rows } = await database.query<{ task_id: string }>(
    "select task_id from task_instance where state = $1 order by task_id",
    [state],
  );
  return rows.map((row) => row.task_id);
}

test.serial(
  "the queues that are served are those of living workers, and none are known without a worker",
  async (t) => {
    await using fixture = await createTestDatabase();
    const { database } = fixture;
    t.is(await listServedQueues(database, 30), null);
    const [one, other] = [workerOf("b", "a"), workerOf("c", "a")];
    await recordHeartbeat(database, one);
    await recordHeartbeat(database, other);
    t.deepEqual(await listServedQueues(database, 30), ["a", "b", "c"]);
    await recordJobEnd(database, other.id, "success");
    t.deepEqual(await listServedQueues(database, 30), ["a", "b"]);
    await database.query("update job set latest_heartbeat = now() - interval '1 minute'");
    t.is(await listServedQueues(database, 30), null);
  },
);

test.serial(
  "starvation: a queue that nobody serves gives its slots to others, and has them when a worker starts",
  async (t) => {
    await using scheduler = await startTestScheduler({
      core: { parallelism: 4 },
      scheduler: { job_heartbeat_sec: 3_600 },
    });
    const { database } = scheduler;
    await storeDag(database, "gpu", (dag) => {
      for (let i = 0; i < 8; i++) dag.task(`gpu_${i}`, async () => 1, { queue: "gpu", priorityWeight: 9 })();
    });
    await storeDag(database, "other", (dag) => dag.task("other", async () => 1)());
    await createManualRun(database, { dagId: "gpu", triggeredBy: "test" });
    await scheduler.until("all slots are taken", async () => (await inState(scheduler, "queued")).length === 4);
    await createManualRun(database, { dagId: "other", triggeredBy: "test" });

    await recordHeartbeat(database, workerOf("default"));
    await scheduler.until("the other task is queued", async () =>
      (await inState(scheduler, "queued")).includes("other"),
    );
    await scheduler.until("the log says why", async () => {
      const log = scheduler.lines.join("");
      return log.includes("Took 4 tries back from queue 'gpu'") && log.includes("No worker serves queue 'gpu'");
    });
    t.deepEqual(await inState(scheduler, "queued"), ["other"]);
    const { rows } = await database.query("select distinct try_number from task_instance where state = 'scheduled'");
    t.deepEqual(rows, [{ try_number: 0 }]);

    await recordHeartbeat(database, workerOf("gpu"));
    await scheduler.until("the queue is filled", async () => (await inState(scheduler, "queued")).length === 4);
    t.deepEqual(await inState(scheduler, "queued"), ["gpu_0", "gpu_1", "gpu_2", "other"]);
  },
);

test.serial("the tries of a new installation start the moment its first worker does, for whatever queue", async (t) => {
  await using scheduler = await startTestScheduler({ scheduler: { job_heartbeat_sec: 3_600 } });
  const { database } = scheduler;
  await storeDag(database, "dag", (dag) => {
    dag.task("gpu", async () => 1, { queue: "gpu" })();
    dag.task("other", async () => 1)();
  });
  await createManualRun(database, { dagId: "dag", triggeredBy: "test" });
  await scheduler.until("both are queued", async () => (await inState(scheduler, "queued")).length === 2);
  await recordHeartbeat(database, workerOf("gpu"));
  await scheduler.until("what nobody serves waits", async () => (await inState(scheduler, "scheduled")).length === 1);
  t.deepEqual(await inState(scheduler, "queued"), ["gpu"]);
  await recordHeartbeat(database, workerOf("default"));
  await scheduler.until("both are queued again", async () => (await inState(scheduler, "queued")).length === 2);
});

test.serial("a queue that nobody serves keeps no slot of a pool from a task that can run", async (t) => {
  await using scheduler = await startTestScheduler({ scheduler: { job_heartbeat_sec: 3_600 } });
  const { database } = scheduler;
  await database.query("insert into pool (pool, slots) values ('license', 1)");
  await storeDag(database, "dag", (dag) => {
    dag.task("gpu", async () => 1, { queue: "gpu", pool: "license", priorityWeight: 9 })();
    dag.task("other", async () => 1, { pool: "license" })();
  });
  await createManualRun(database, { dagId: "dag", triggeredBy: "test" });
  await recordHeartbeat(database, workerOf("default"));
  await scheduler.until("the task that can run has the slot", async () => {
    return (await inState(scheduler, "queued")).join() === "other";
  });
  t.deepEqual(await inState(scheduler, "scheduled"), ["gpu"]);
});

test.serial("tasks whose pool does not exist or is too small are told of, and others go on", async (t) => {
  await using scheduler = await startTestScheduler();
  const { database } = scheduler;
  await database.query("insert into pool (pool, slots) values ('small', 2)");
  await storeDag(database, "dag", (dag) => {
    dag.task("lost", async () => 1, { pool: "nowhere", priorityWeight: 9 })();
    dag.task("wide", async () => 1, { pool: "small", poolSlots: 3, priorityWeight: 9 })();
    dag.task("fits", async () => 1)();
  });
  await createManualRun(database, { dagId: "dag", triggeredBy: "test" });
  await scheduler.until("both are told of", async () => {
    const log = scheduler.lines.join("");
    return (
      log.includes("Tasks using non-existent pool 'nowhere' will not be scheduled") &&
      log.includes("Requested pool slots (3) are greater than total pool slots: '2' for pool: small.")
    );
  });
  t.deepEqual(await inState(scheduler, "scheduled"), ["lost", "wide"]);
  t.deepEqual(await inState(scheduler, "queued"), ["fits"]);
});
