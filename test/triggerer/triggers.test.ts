import { randomUUID } from "node:crypto";
import test from "ava";
import { findDagOutline, findExternalStates } from "#core/database/external-states.ts";
import { recordHeartbeat, recordJobEnd } from "#core/database/jobs.ts";
import { adoptTriggers, listHeldTriggers, releaseTriggers } from "#core/database/triggers.ts";
import { sideBySide, startRun, storeDag } from "#test/core/database/dag-fixture.ts";
import { createTestDatabase } from "#test/helpers/database.ts";

const ids = Array.from({ length: 30 }, (_, index) => `t${index}`);

/** A database in which 30 task instances wait for files. */
async function waitingTasks() {
  const test = await createTestDatabase();
  await storeDag(test.database, "a", sideBySide(...ids));
  await startRun(test.database, "a");
  await test.database.query(
    "update task_instance set state = 'deferred', trigger_kind = 'file', trigger_kwargs = json_build_object('filepath', task_id)",
  );
  return test;
}

const newJob = () => ({ id: randomUUID(), jobType: "TriggererJob", hostname: "host", pid: 1 }) as const;
const adoption = (jobId: string, limit = 100) => ({ jobId, limit, silentSeconds: 3 });

test("several triggerers share the triggers: each goes to exactly one", async (t) => {
  await using test = await waitingTasks();
  const db = test.database;
  const jobs = Array.from({ length: 4 }, newJob);
  for (const job of jobs) await recordHeartbeat(db, job);
  const adopted = await Promise.all(jobs.map((job) => adoptTriggers(db, adoption(job.id, 10))));
  const rest = await adoptTriggers(db, adoption(jobs[0]!.id));
  const all = [...adopted.flat(), ...rest];
  t.is(new Set(all.map(({ id }) => id)).size, 30);
  t.is(all.length, 30);
  t.deepEqual(Object.keys(all[0]!.kwargs), ["filepath"]);
});

test("triggers of a triggerer that ended, or has been silent for too long, are adopted; those of a live one are not", async (t) => {
  await using test = await waitingTasks();
  const db = test.database;
  const [first, second] = [newJob(), newJob()];
  for (const job of [first, second]) await recordHeartbeat(db, job);
  t.is((await adoptTriggers(db, adoption(first.id))).length, 30);
  t.is((await adoptTriggers(db, adoption(second.id))).length, 0);
  await db.query("update job set latest_heartbeat = now() - interval '4 seconds' where id = $1", [first.id]);
  t.is((await adoptTriggers(db, adoption(second.id))).length, 30);
  t.is((await listHeldTriggers(db, first.id)).length, 0);
  await recordJobEnd(db, second.id, "success");
  await recordHeartbeat(db, first);
  t.is((await adoptTriggers(db, adoption(first.id))).length, 30);
  await releaseTriggers(db, first.id, (await listHeldTriggers(db, first.id)).slice(0, 10));
  t.is((await listHeldTriggers(db, first.id)).length, 10);
});

test("moments, and what somebody else resumes, are no triggerer's matter", async (t) => {
  await using test = await waitingTasks();
  const db = test.database;
  await db.query("update task_instance set trigger_kind = case when task_id < 't2' then 'time' else 'external' end");
  t.is((await adoptTriggers(db, adoption(newJob().id))).length, 0);
});

test("states of runs and tasks are found for many askers at once, in their order", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", (dag) => {
    const group = dag.taskGroup("g");
    group.task("x", async () => 1)();
    group.taskGroup("h").task("y", async () => 1)();
    dag.task("z", async () => 1)();
  });
  const date = new Date("2024-01-01T00:00:00Z");
  await startRun(db, "a", date);
  await db.query("update task_instance set state = 'success' where task_id = 'z'");
  const at = { dagId: "a", runIds: [], logicalDates: [date.toISOString()] };
  const found = await findExternalStates(db, [
    { ...at, taskIds: ["z", "g.x"] },
    { ...at, dagId: "b", taskIds: null },
    { ...at, taskIds: null },
    { dagId: "a", runIds: ["manual__2024-01-01T00:00:00+00:00", "x"], logicalDates: [], taskIds: null },
  ]);
  t.deepEqual(
    found.map(({ runs }) => runs.map((run) => [run.state, ...run.taskStates])),
    [[["running", "success", "none"]], [], [["running"]], [["running"]]],
  );
  const outline = await findDagOutline(db, "a");
  t.deepEqual(outline?.taskIds.toSorted(), ["g.h.y", "g.x", "z"]);
  t.deepEqual(outline?.groups["g.h"], ["g.h.y"]);
  t.deepEqual(outline?.groups.g?.toSorted(), ["g.h.y", "g.x"]);
  t.is(await findDagOutline(db, "b"), null);
});
