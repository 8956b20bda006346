import { randomUUID } from "node:crypto";
import test from "ava";
import { markInstances } from "#core/database/by-hand/mark-instances.ts";
import { markRun } from "#core/database/by-hand/mark-run.ts";
import { freeLostCallbacks, listWaitingCallbacks, releaseCallbacks } from "#core/database/callback-requests.ts";
import type { Database } from "#core/database/connect.ts";
import { recordHeartbeat } from "#core/database/jobs.ts";
import { listWaitingTries, queueTasks } from "#core/database/ready-tasks.ts";
import { stopRemainingTasks } from "#core/database/stop-remaining-tasks.ts";
import { type ClaimedTry, claimTries } from "#core/database/tries.ts";
import type { Dag } from "#sdk/index.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { startRun, storeDag } from "./dag-fixture.ts";

const TIMEOUT_SECONDS = 15;
const noop = async () => undefined;

function declare(dag: Dag): void {
  dag.task("told", noop, { onFailureCallback: noop })();
  dag.task("silent", noop)();
}

/** A run whose two tasks a worker runs. */
async function seed(db: Database): Promise<{ jobId: string; dagRunId: number; claimed: ClaimedTry[] }> {
  await storeDag(db, "dag", declare);
  const dagRunId = await startRun(db, "dag");
  const ready = ["told", "silent"].map((taskId) => ({ dagRunId, taskId, mapIndex: -1 }));
  await queueTasks(db, ready, 10);
  const jobId = randomUUID();
  await recordHeartbeat(db, { id: jobId, jobType: "WorkerJob", hostname: "host", pid: 1 });
  const waiting = await listWaitingTries(db, -1, 10);
  const worker = { hostname: "host", pid: 1, jobId };
  const ids = waiting.map(({ id }) => id);
  return { jobId, dagRunId, claimed: await claimTries(db, ids, worker) };
}

const waiting = async (db: Database) => (await listWaitingCallbacks(db, "default", 5)).length;

const FAILS: Readonly<Record<string, (db: Database, dagRunId: number, runId: string) => Promise<unknown>>> = {
  "is marked as failed": (db, _, runId) =>
    markInstances(db, { dagId: "dag", runs: { runId }, tasks: ["told", "silent"] }, "failed"),
  "belongs to a run that is marked as failed": (db, _, runId) => markRun(db, "dag", runId, "failed"),
  "is stopped because another one failed": (db, dagRunId) => stopRemainingTasks(db, [{ dagRunId, spared: [] }]),
};

for (const [what, fail] of Object.entries(FAILS)) {
  test(`a running task that ${what} has its callbacks called when its worker has stopped it`, async (t) => {
    await using test = await createTestDatabase();
    const { database: db } = test;
    const { jobId, dagRunId, claimed } = await seed(db);
    await fail(db, dagRunId, claimed[0]!.runId);
    t.is(await waiting(db), 0);
    t.deepEqual(await freeLostCallbacks(db, TIMEOUT_SECONDS, 3), []);
    t.is(await waiting(db), 0);
    await releaseCallbacks(db, jobId, claimed);
    t.is(await waiting(db), 1);
    const { rows } = await db.query("select task_id, event, exception, attempts from callback_request");
    const exception = "State of this instance has been externally set to failed.";
    t.deepEqual(rows, [{ task_id: "told", event: "failure", exception, attempts: 0 }]);
  });

  test(`a running task that ${what} has its callbacks called when its worker dies before it has stopped it`, async (t) => {
    await using test = await createTestDatabase();
    const { database: db } = test;
    const { dagRunId, claimed } = await seed(db);
    await fail(db, dagRunId, claimed[0]!.runId);
    await db.query("update job set latest_heartbeat = now() - interval '16 seconds'");
    await freeLostCallbacks(db, TIMEOUT_SECONDS, 3);
    t.is(await waiting(db), 1);
  });
}

test("marks that are none of a failure call for nothing", async (t) => {
  await using test = await createTestDatabase();
  const { database: db } = test;
  const { claimed } = await seed(db);
  await markInstances(db, { dagId: "dag", runs: { runId: claimed[0]!.runId }, tasks: ["told"] }, "success");
  await markInstances(db, { dagId: "dag", runs: { runId: claimed[0]!.runId }, tasks: ["told"] }, "failed");
  const { rows } = await db.query("select from callback_request");
  t.is(rows.length, 0);
});
