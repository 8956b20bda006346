import test from "ava";
import { withConfig } from "#core/config/load.ts";
import { insertConnection } from "#core/database/connections.ts";
import { storeVariable } from "#core/database/variables.ts";
import { createLog } from "#core/log.ts";
import { openTryQueue } from "#core/queue/try-queue.ts";
import { generateFernetKey } from "#core/secrets/fernet.ts";
import { sealConnection, sealVariable } from "#core/secrets/sealed-rows.ts";
import { createSecretBox } from "#core/secrets/secret-box.ts";
import { until } from "#test/helpers/until.ts";
import { createFixture, queueRun, readLog, readXCom, startWorker, storeDag, untilEnded } from "./worker-fixture.ts";

const BUNDLE = `
import { bash, Dag, getClient, maskSecret } from "daisy-install:/sdk/index.ts";
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
dag.task("shows", bash({ bashCommand: "echo p={{ params.db_password }} t={{ dag_run.conf.nested.tokens[0] }} r={{ params.region }}" }))();
dag.task("sets", async () => {
  const client = getClient();
  await client.setVariable("my_token", "hunter-set");
  await client.setXCom({ key: "api_token", value: { inner: "hunter-pushed" } });
  console.log("set hunter-set and hunter-pushed");
})();
dag.task("at_length", async () => {
  const { password } = await getClient().getConnection("long");
  throw new Error("y ".repeat(32_755) + password);
})();
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

test("what a try is given under names that sound like secrets, sets under them, or throws at length is hidden", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  await fixture.database.query(
    "insert into connection (conn_id, conn_type, password) values ('long', 'x', 'hunter-a hunter-b hunter-c hunter-d')",
  );
  const lines: string[] = [];
  const worker = startWorker(fixture, { log: createLog("worker", "DEBUG", (line) => lines.push(line)) });
  try {
    const conf = { db_password: "hunter-conf", nested: { tokens: ["hunter-nested"] }, region: "chicago" };
    const ids = await queueRun(fixture, dag, ["shows", "sets", "at_length"], { conf });
    const rows = await Promise.all(ids.map((id) => untilEnded(fixture, id)));
    const [shows, sets, long] = await Promise.all(rows.map((row) => readLog(fixture, row, dag.dagId)));
    t.regex(shows!, /p=\*\*\* t=\*\*\* r=chicago/);
    t.regex(sets!, /set \*\*\* and \*\*\*/);
    t.true(long!.length > 60_000 && long!.length < 70_000, `the log has ${long!.length} characters`);
    const given = lines.filter((line) => line.includes("was given"));
    t.is(given.length, 1);
    t.regex(given[0]!, /DEBUG - secrets\.at_length manual__\S+ was given the connection "long"\n/);
    t.notRegex(`${shows}${sets}${long}`, /hunter/);
    const { rows: fields } = await fixture.database.query(
      "select rendered_fields::text as text from rendered_task_instance_fields",
    );
    t.deepEqual(
      fields.map(({ text }) => text.includes("hunter")),
      fields.map(() => false),
    );
  } finally {
    await worker.stop();
  }
});
