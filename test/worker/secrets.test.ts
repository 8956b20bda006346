import test from "ava";
import { withConfig } from "#core/config/load.ts";
import { insertConnection } from "#core/database/connections.ts";
import { storeVariable } from "#core/database/variables.ts";
import { openTryQueue } from "#core/queue/try-queue.ts";
import { generateFernetKey } from "#core/secrets/fernet.ts";
import { sealConnection, sealVariable } from "#core/secrets/sealed-rows.ts";
import { createSecretBox } from "#core/secrets/secret-box.ts";
import { until } from "#test/helpers/until.ts";
import { createFixture, queueRun, readLog, readXCom, startWorker, storeDag, untilEnded } from "./worker-fixture.ts";

const BUNDLE = `
import { Dag, getClient, maskSecret } from "daisy-install:/sdk/index.ts";
const dag = new Dag("secrets");
dag.task("reads", async () => {
  const client = getClient();
  await client.setVariable("mine", "hunter1");
  const shop = await client.getConnection("shop");
  return [await client.getVariable("mine"), await client.getVariable("theirs"), shop, Object.keys(process.env).filter((name) => /VAR_|CONN_|FERNET/.test(name))];
})();
dag.task("tells", async () => {
  const client = getClient();
  const shop = await client.getConnection("shop");
  console.log("password=" + shop.password + " token=" + JSON.parse(shop.extra).token + " host=" + shop.host);
  console.error("key:" + await client.getVariable("api_key"));
  throw new Error("cannot log in with " + shop.password);
})();
dag.task("calls_secret", async () => {
  await maskSecret("from-elsewhere");
  await maskSecret({ token: "in-an-object", region: "chicago" });
  process.stdout.write("from-");
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log("elsewhere in-an-object chicago");
  throw new Error("again from-elsewhere");
}, { onFailureCallback: async ({ exception }) => {
  const shop = await getClient().getConnection("shop");
  console.log("callback heard " + exception + " and has " + shop.password);
} })();
dag.task("lost_xcom", async () => getClient().setXCom({ key: "a", value: 1, runId: "no such run" }))();
dag.task("reads_lost", async () => getClient().getVariable("lost"))();
dag.task("plain", async () => 1)();
`;

test("a task reads what its worker decrypts, and its log masks it; what cannot be had fails it, and the worker goes on", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  const key = generateFernetKey();
  const box = createSecretBox(key);
  await storeVariable(
    fixture.database,
    sealVariable(createSecretBox(generateFernetKey()), { key: "lost", value: "hunter2" }),
  );
  await insertConnection(
    fixture.database,
    sealConnection(box, {
      id: "shop",
      type: "postgres",
      description: "The shop",
      host: "db",
      schema: null,
      login: "me",
      password: "hunter3",
      port: 5432,
      extra: '{"token": "abcdef-token"}',
    }),
  );
  await storeVariable(fixture.database, sealVariable(box, { key: "api_key", value: "k-123456" }));
  process.env.AIRFLOW_VAR_THEIRS = "from the worker's environment";
  const worker = startWorker(fixture, { config: withConfig(fixture.config, { core: { fernet_key: key } }) });
  try {
    const [reads, lost] = await queueRun(fixture, dag, ["reads", "reads_lost"]);
    const read = await untilEnded(fixture, reads!);
    t.deepEqual(JSON.parse((await readXCom(fixture, read)) ?? "null"), [
      "hunter1",
      "from the worker's environment",
      {
        id: "shop",
        type: "postgres",
        host: "db",
        schema: null,
        login: "me",
        password: "hunter3",
        port: 5432,
        extra: '{"token": "abcdef-token"}',
      },
      [],
    ]);
    const { rows } = await fixture.database.query("select value, is_encrypted from variable where key = 'mine'");
    t.true(rows[0].is_encrypted && !rows[0].value.includes("hunter"));

    const failed = await untilEnded(fixture, lost!);
    t.is(failed.state, "failed");
    const log = await readLog(fixture, failed, dag.dagId);
    t.regex(log, /The variable lost cannot be decrypted: .*\[core\] fernet_key/);

    const [tells, lostXCom] = await queueRun(fixture, dag, ["tells", "lost_xcom"]);
    const told = await readLog(fixture, await untilEnded(fixture, tells!), dag.dagId);
    t.regex(told, /password=\*\*\* token=\*\*\* host=db/);
    t.regex(told, /key:\*\*\*/);
    t.regex(told, /cannot log in with \*\*\*/);
    t.notRegex(told, /hunter3|abcdef-token|k-123456/);

    const [calls] = await queueRun(fixture, dag, ["calls_secret"]);
    const called = await untilEnded(fixture, calls!);
    const callbacks = await openTryQueue(fixture.config, fixture.log);
    const { rows: requests } = await fixture.database.query("select id, exception from callback_request");
    t.regex(requests[0].exception, /again \*\*\*/);
    await callbacks.add([{ id: requests[0].id, kind: "callback", queue: "default" }]);
    await callbacks.close();
    const all = await until("the callback is through", async () => {
      const { rowCount } = await fixture.database.query("select from callback_request");
      return rowCount === 0 && readLog(fixture, called, dag.dagId);
    });
    t.regex(all, /INFO - \*\*\* \*\*\* chicago\n/);
    t.regex(all, /callback heard Error: again \*\*\*.* and has \*\*\*\n/s);
    t.notRegex(all, /elsewhere|in-an-object|hunter3/);

    const refused = await untilEnded(fixture, lostXCom!);
    t.is(refused.state, "failed");
    t.regex(await readLog(fixture, refused, dag.dagId), /XCom "a" was not stored: there is no run no such run/);

    const [plain] = await queueRun(fixture, dag, ["plain"]);
    t.is((await untilEnded(fixture, plain!)).state, "success");
  } finally {
    await worker.stop();
  }
});
