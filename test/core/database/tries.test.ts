import { randomUUID } from "node:crypto";
import test from "ava";
import { claimTries, finishTries, handBackTries, heartbeatTries } from "#core/database/tries.ts";
import { findLatestXCom, findXCom, storeXCom } from "#core/database/xcoms.ts";
import { createFixture, type Fixture, findTry, queueRun, storeDag } from "#test/worker/worker-fixture.ts";

const TASKS = Array.from({ length: 40 }, (_, index) => `t${index}`);
const BUNDLE = `
import { Dag } from "daisy-install:/sdk/index.ts";
const dag = new Dag("rows");
for (let i = 0; i < ${TASKS.length}; i++) dag.task("t" + i, async () => {})();
`;

let fixture: Fixture;
let dag: Awaited<ReturnType<typeof storeDag>>;
test.before(async () => {
  fixture = await createFixture();
  dag = await storeDag(fixture.database, BUNDLE);
});
test.after.always(() => fixture?.[Symbol.asyncDispose]());

const newWorker = () => ({ hostname: "host", pid: 1, jobId: randomUUID() });
const queue = (taskIds: readonly string[]) => queueRun(fixture, dag, taskIds, { add: false });

test("of workers that hold the same jobs, each try goes to exactly one", async (t) => {
  const ids = await queue(TASKS);
  const workers = Array.from({ length: 6 }, newWorker);
  const claims = await Promise.all(
    workers.map((worker, index) => claimTries(fixture.database, index % 2 ? ids : ids.toReversed(), worker)),
  );
  t.deepEqual(claims.flatMap((claimed) => claimed.map(({ id }) => id)).toSorted(), ids.toSorted());
});

test("a worker whose claim's answer was lost gets the try again, and nobody else does", async (t) => {
  const ids = await queue(["t0"]);
  const worker = newWorker();
  t.is((await claimTries(fixture.database, ids, worker)).length, 1);
  t.is((await claimTries(fixture.database, ids, newWorker())).length, 0);
  const [again] = await claimTries(fixture.database, ids, worker);
  t.like(again, { id: ids[0], dagId: "rows", taskId: "t0", mapIndex: -1, tryNumber: 1, dagVersionId: dag.versionId });
});

test("a claim wipes what an earlier try of the task pushed, and no other task's", async (t) => {
  const ids = await queue(["t0", "t1"]);
  const { run_id: runId } = await findTry(fixture, ids[0]!);
  const key = (taskId: string) => ({ dagId: "rows", runId, taskId, mapIndex: -1, key: "k" });
  await fixture.database.query(
    `insert into xcom (dag_run_id, task_id, key, value)
     select id, task_id, 'k', '1' from dag_run, unnest(array['t0', 't1']) as t (task_id) where run_id = $1`,
    [runId],
  );
  await claimTries(fixture.database, [ids[0]!], newWorker());
  t.is(await findXCom(fixture.database, key("t0")), null);
  t.is(await findXCom(fixture.database, key("t1")), "1");
});

test("an outcome counts once, and a late one changes nothing", async (t) => {
  const [id] = await queue(["t0"]);
  t.deepEqual(await finishTries(fixture.database, [{ id: id!, state: "success" }]), new Set());
  await claimTries(fixture.database, [id!], newWorker());
  const value = '{ "to" : "the letter", "number": 1.0, "nul": "\\u0000" }';
  t.deepEqual(await finishTries(fixture.database, [{ id: id!, state: "success", returnValue: value }]), new Set([id]));
  t.deepEqual(await finishTries(fixture.database, [{ id: id!, state: "failed", returnValue: "2" }]), new Set());
  const row = await findTry(fixture, id!);
  t.is(row.state, "success");
  const key = { dagId: "rows", runId: row.run_id, taskId: "t0", mapIndex: -1, key: "return_value" };
  t.is(await findXCom(fixture.database, key), value);
  t.is(await findLatestXCom(fixture.database, key), value);
});

test("what a try decides against is skipped with its outcome, unless it is under way already", async (t) => {
  const [decider, waiting, queued, untouched] = await queue(["t0", "t1", "t2", "t3"]);
  const { database } = fixture;
  await database.query("update task_instance set state = 'scheduled' where id = $1", [waiting]);
  await database.query("update task_instance set state = null where id = $1", [untouched]);
  await claimTries(database, [decider!], newWorker());
  const outcome = {
    id: decider!,
    state: "success",
    returnValue: "true",
    skipped: ["t1", "t2", "t3", "nowhere"],
  } as const;
  t.deepEqual(await finishTries(database, [outcome]), new Set([decider]));
  const states = await Promise.all([decider, waiting, queued, untouched].map((id) => findTry(fixture, id!)));
  t.deepEqual(
    states.map(({ state }) => state),
    ["success", "skipped", "queued", "skipped"],
  );
  const key = { dagId: "rows", runId: states[0]!.run_id, taskId: "t0", mapIndex: -1, key: "skipmixin_key" };
  t.deepEqual(JSON.parse((await findXCom(database, key))!), { skipped: ["t1", "t2", "t3", "nowhere"] });
});

test("only a running try stores XComs", async (t) => {
  const [id] = await queue(["t0"]);
  const { run_id: runId } = await findTry(fixture, id!);
  const key = { dagId: "rows", runId, taskId: "t0", mapIndex: -1, key: "k" };
  await t.throwsAsync(storeXCom(fixture.database, id!, key, "1"), { message: /XCom "k" was not stored/ });
  await claimTries(fixture.database, [id!], newWorker());
  await storeXCom(fixture.database, id!, key, "null");
  t.is(await findXCom(fixture.database, key), "null");
});

test("with prior dates, the newest value of the runs up to this one is found", async (t) => {
  const values: string[] = [];
  const keys = [];
  for (const value of ["1", "2", undefined]) {
    const [id] = await queue(["t2"]);
    const { run_id: runId } = await findTry(fixture, id!);
    const key = { dagId: "rows", runId, taskId: "t2", mapIndex: -1, key: "prior" };
    await claimTries(fixture.database, [id!], newWorker());
    if (value !== undefined) await storeXCom(fixture.database, id!, key, value);
    keys.push(key);
  }
  for (const key of keys) values.push((await findLatestXCom(fixture.database, key))!);
  t.deepEqual(values, ["1", "2", "2"]);
  t.is(await findXCom(fixture.database, keys[2]!), null);
});

test("a heartbeat tells which tries are whose", async (t) => {
  const ids = await queue(["t0", "t1", "t2"]);
  await claimTries(fixture.database, ids.slice(0, 2), newWorker());
  await fixture.database.query("update task_instance set state = 'restarting' where id = $1", [ids[1]]);
  const unknown = randomUUID();
  const states = await heartbeatTries(fixture.database, [...ids, unknown]);
  t.deepEqual(
    [...ids, unknown].map((id) => states.get(id)),
    [
      { state: "running", isWritten: true },
      { state: "restarting", isWritten: false },
      { state: "queued", isWritten: false },
      undefined,
    ],
  );
});

test("a heartbeat waits for nobody: a row that somebody holds does not confirm its try, and the others go on", async (t) => {
  const ids = await queue(["t0", "t1"]);
  await claimTries(fixture.database, ids, newWorker());
  const holder = await fixture.database.connect();
  await holder.query("begin");
  await holder.query("select from task_instance where id = $1 for update", [ids[0]]);
  const answers = await heartbeatTries(fixture.database, ids);
  await holder.query("commit");
  holder.release();
  t.deepEqual(
    ids.map((id) => answers.get(id)),
    [
      { state: "running", isWritten: false },
      { state: "running", isWritten: true },
    ],
  );
});

test("a try that its worker gives up starts again at once; one that was cleared is judged anew, and kept", async (t) => {
  const ids = await queue(["t0", "t1", "t2"]);
  await claimTries(fixture.database, ids.slice(0, 2), newWorker());
  await fixture.database.query("update task_instance set state = 'restarting' where id = $1", [ids[1]]);
  const handedBack = await handBackTries(fixture.database, ids);
  t.deepEqual([...handedBack].sort(), ids.slice(0, 2).sort());
  const [givenUp, cleared, untouched] = await Promise.all(ids.map((id) => findTry(fixture, id)));
  t.like(givenUp, { state: "up_for_retry", max_tries: 1 });
  t.true(givenUp!.due_at!.getTime() <= Date.now());
  t.like(untouched, { state: "queued", max_tries: 0 });
  t.is(cleared, undefined);
  const { rows } = await fixture.database.query(
    `select ti.state, ti.max_tries, h.state as kept from task_instance ti
       join task_instance_history h using (dag_run_id, task_id, map_index) where h.id = $1`,
    [ids[1]],
  );
  t.deepEqual(rows, [{ state: null, max_tries: 0, kept: "failed" }]);
});
