import test from "ava";
import { answeredWithin, connect, transaction } from "#core/database/connect.ts";
import { listen, notify } from "#core/database/notifications.ts";
import { createLog } from "#core/log.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { createTcpGate } from "#test/worker/tcp-gate.ts";

test("what waits for a server that has fallen silent fails, and what comes after has a new connection", async (t) => {
  await using testDatabase = await createTestDatabase();
  await using gate = await createTcpGate(testDatabase.url);
  const db = connect(gate.url, { silenceSeconds: 1 });
  await db.query("select");
  gate.swallow();
  await t.throwsAsync(db.query("select"), { message: /^Connection terminated/ });
  gate.open();
  await t.notThrowsAsync(db.query("select"));
  await db.end();
});

test("a sign of life that is not answered takes with it all connections that are as silent", async (t) => {
  await using testDatabase = await createTestDatabase();
  await using gate = await createTcpGate(testDatabase.url);
  const db = connect(gate.url, { silenceSeconds: 3_600 });
  const clients = await Promise.all([1, 2, 3].map(() => db.connect()));
  for (const client of clients) client.release();
  gate.swallow();
  const busy = t.throwsAsync(transaction(db, (tx) => tx.query("select")));
  await t.throwsAsync(db.query(answeredWithin(500, { text: "select" })), { message: "Query read timeout" });
  await busy;
  gate.open();
  await t.notThrowsAsync(db.query("select"));
  await db.end();
});

test("a new connection that is not answered takes with it all that are as silent", async (t) => {
  await using testDatabase = await createTestDatabase();
  await using gate = await createTcpGate(testDatabase.url);
  const db = connect(gate.url, { silenceSeconds: 3_600 });
  await db.query("select");
  gate.swallow();
  const busy = t.throwsAsync(transaction(db, (tx) => tx.query("select")));
  const another = t.throwsAsync(db.query("select"));
  await busy;
  await another;
  gate.open();
  await t.notThrowsAsync(db.query("select"));
  await db.end();
});

test("who listens notices that the server has fallen silent, and listens anew", async (t) => {
  await using testDatabase = await createTestDatabase();
  await using gate = await createTcpGate(testDatabase.url);
  const stop = new AbortController();
  let tellListening = () => {};
  let tellHeard = (_payload: string) => {};
  const nextListening = () => new Promise<void>((resolve) => (tellListening = resolve));
  const heard = new Promise<string>((resolve) => (tellHeard = resolve));
  const first = nextListening();
  const listening = listen(
    gate.url,
    ["daisy_parse"],
    { onNotification: (_channel, payload) => tellHeard(payload), onListening: () => tellListening() },
    createLog("test", "ERROR"),
    stop.signal,
    { askEveryMs: 500, answerWithinMs: 400 },
  );
  await first;
  gate.swallow();
  const again = nextListening();
  gate.open();
  await again;
  await notify(testDatabase.database, "daisy_parse", "something");
  t.is(await heard, "something");
  stop.abort();
  await listening;
});
