import { randomUUID } from "node:crypto";
import test from "ava";
import { connect } from "#core/database/connect.ts";
import { recordHeartbeat } from "#core/database/jobs.ts";
import { createTaskLogin } from "#core/database/task-login.ts";
import { createTestDatabase, type TestDatabase } from "#test/helpers/database.ts";
import { openMetadataStore } from "#tfx/metadata/store.ts";

async function newWorker({ database }: TestDatabase): Promise<string> {
  const id = randomUUID();
  await recordHeartbeat(database, { id, jobType: "WorkerJob", hostname: "here", pid: 1, queues: [] });
  return id;
}

test("a task's login makes and uses ML Metadata's store, and reaches no other table", async (t) => {
  await using db = await createTestDatabase();
  const login = await createTaskLogin(db.database, db.url, await newWorker(db));
  const store = await openMetadataStore({ url: login.url });
  t.teardown(() => store.close());
  t.deepEqual((await store.db.query("select schema_version from mlmdenv")).rows, [{ schema_version: 10 }]);
  for (const table of ["dag", "variable", "connection", "task_instance"]) {
    await t.throwsAsync(store.db.query(`select from public.${table}`), { message: /permission denied/ }, table);
  }
  await t.throwsAsync(store.db.query("create table public.mine ()"), { message: /permission denied/ });
});

test("what one worker's task has written, another worker's task and the database's owner can read", async (t) => {
  await using db = await createTestDatabase();
  const first = await createTaskLogin(db.database, db.url, await newWorker(db));
  await (await openMetadataStore({ url: first.url })).close();
  await first.drop();
  const second = await createTaskLogin(db.database, db.url, await newWorker(db));
  for (const url of [second.url, db.url]) {
    const store = await openMetadataStore({ url });
    t.is((await store.db.query("select from mlmdenv")).rowCount, 1);
    await store.close();
  }
});

test("a login ends with its worker, and that of a worker that died with the next worker's start", async (t) => {
  await using db = await createTestDatabase();
  const ended = await createTaskLogin(db.database, db.url, await newWorker(db));
  await ended.drop();
  const died = await newWorker(db);
  const forgotten = await createTaskLogin(db.database, db.url, died);
  await db.database.query("update job set latest_heartbeat = now() - interval '2 hours' where id = $1", [died]);
  const live = await createTaskLogin(db.database, db.url, await newWorker(db));
  const canConnect = async (url: string) => {
    const client = connect(url);
    const answer = await client.query("select").then(
      () => true,
      () => false,
    );
    await client.end();
    return answer;
  };
  t.deepEqual(await Promise.all([ended, forgotten, live].map(({ url }) => canConnect(url))), [false, false, true]);
});
