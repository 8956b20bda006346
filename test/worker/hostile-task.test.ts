import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { withConfig } from "#core/config/load.ts";
import { insertConnection } from "#core/database/connections.ts";
import { generateFernetKey } from "#core/secrets/fernet.ts";
import { sealConnection } from "#core/secrets/sealed-rows.ts";
import { createSecretBox } from "#core/secrets/secret-box.ts";
import {
  createFixture,
  type Fixture,
  queueRun,
  readXCom,
  startWorker,
  storeDag,
  untilEnded,
} from "./worker-fixture.ts";

/** A DAG whose author looks for what is not theirs, in every place that a process can look into. */
const BUNDLE = `
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { inspect } from "node:util";
import { Dag, getContext } from "daisy-install:/sdk/index.ts";
import pg from "daisy-install:/node_modules/pg/lib/index.js";
const dag = new Dag("hostile");
const attempt = (act) => { try { return act(); } catch (error) { return "refused: " + (error.code ?? error.message); } };

dag.task("own_process", async () => inspect([process, globalThis, getContext()], { depth: 6, showHidden: true, maxArrayLength: null }))();

/** But for tsx's cache, which a young process looks through. */
dag.task("descriptors", async () =>
  readdirSync("/proc/self/fd").map((fd) => attempt(() => readlinkSync("/proc/self/fd/" + fd))).filter((target) => target.startsWith("/") && !/^\\/(dev|proc)\\/|\\/tsx-\\d+$/.test(target)))();

dag.task("worker", async () => ({
  environ: attempt(() => readFileSync("/proc/" + process.ppid + "/environ", "latin1")),
  memory: attempt(() => readFileSync("/proc/" + process.ppid + "/maps", "latin1")),
  config: attempt(() => readFileSync(process.env.AIRFLOW_HOME + "/airflow.cfg", "utf8")),
}))();

dag.task("database", async () => {
  const client = new pg.Client({ connectionString: process.env.DAISY_METADATA_URL });
  await client.connect();
  const answers = {};
  for (const sql of ${JSON.stringify([
    "select * from public.connection",
    "select * from public.variable",
    "select * from public.dag_run",
    "select * from public.xcom",
    "update public.task_instance set state = 'success'",
    "reset role; select * from public.connection",
    "reset session authorization; select * from public.connection",
    "select rolpassword from pg_authid",
    "select pg_read_file('/etc/passwd')",
    "copy (select 1) to program 'id'",
    "create role mine superuser",
    "create table public.mine ()",
  ])}) answers[sql] = await client.query(sql).then(() => "done", (error) => error.code);
  await client.end();
  return answers;
})();

/** Past the client, straight to whoever answers. */
dag.task("channel", async () => {
  const questions = [
    { about: "listConnections" }, { about: "getConnection" }, { about: "getVariable", key: { toString: "x" } },
    { about: "getConnection", connId: "%" }, { about: "getOption", section: "core", key: "fernet_key" }, { about: "__proto__" }, null,
  ];
  const answers = [];
  process.on("message", (message) => { if (message.number >= 1000) answers.push(message); });
  questions.forEach((question, at) => process._send({ type: "ask", number: 1000 + at, question }));
  while (answers.length < questions.length) await new Promise((resolve) => setTimeout(resolve, 10));
  return answers.sort((a, b) => a.number - b.number).map(({ type, answer }) => type === "refusal" ? type : answer);
})();
`;

const KEY = generateFernetKey();
const SECRETS = ["hunter-in-a-connection", KEY];

async function setUp() {
  const fixture = await createFixture();
  await insertConnection(
    fixture.database,
    sealConnection(createSecretBox(KEY), {
      id: "bank",
      type: "http",
      description: null,
      host: "bank",
      schema: null,
      login: "me",
      password: SECRETS[0]!,
      port: null,
      extra: null,
    }),
  );
  // Other users have to find the code in it.
  await chmod(fixture.home, 0o711);
  const file = path.join(fixture.home, "airflow.cfg");
  await writeFile(file, `[core]\nfernet_key = ${KEY}\n`, { mode: 0o600 });
  return { fixture, dag: await storeDag(fixture.database, BUNDLE) };
}

async function runHostile(t: ExecutionContext, settings: { default_impersonation?: string } = {}) {
  const { fixture, dag } = await setUp();
  const config = withConfig(fixture.config, { core: { fernet_key: KEY, ...settings } });
  const worker = startWorker(fixture, { config });
  try {
    const taskIds = ["own_process", "descriptors", "worker", "database", "channel"];
    const ids = await queueRun(fixture, dag, taskIds);
    const results: Record<string, unknown> = {};
    for (const [at, id] of ids.entries()) {
      const row = await untilEnded(fixture, id);
      t.is(row.state, "success", taskIds[at]);
      results[taskIds[at]!] = JSON.parse((await readXCom(fixture, row))!);
    }
    return { results, fixture };
  } finally {
    await worker.stop();
  }
}

function assertIsolated(t: ExecutionContext, results: Record<string, unknown>, { config }: Fixture): void {
  const own = results.own_process as string;
  const { sql_alchemy_conn: databaseUrl } = config.database;
  for (const secret of [...SECRETS, databaseUrl, config.celery.broker_url]) t.false(own.includes(secret), secret);
  t.notRegex(own, /FERNET|BROKER|SQL_ALCHEMY|AIRFLOW_CONN|AIRFLOW_VAR/);
  t.deepEqual(results.descriptors, [], "no file of the worker's is open");
  for (const [sql, code] of Object.entries(results.database as Record<string, string>)) t.is(code, "42501", sql);
  t.deepEqual(results.channel, ["refusal", "refusal", "refusal", null, "refusal", "refusal", "refusal"]);
}

test.serial("a task's environment, database login and channel lead to no secret that it did not ask for", async (t) => {
  const { results, fixture } = await runHostile(t);
  assertIsolated(t, results, fixture);
  await fixture[Symbol.asyncDispose]();
});

/** Only root can run tasks as somebody else. */
const asRoot = process.getuid?.() === 0 && process.platform === "linux" ? test.serial : test.serial.skip;

asRoot(
  "a task that runs as another user can read neither the worker's environment and memory nor its airflow.cfg",
  async (t) => {
    const { results, fixture } = await runHostile(t, { default_impersonation: "nobody" });
    assertIsolated(t, results, fixture);
    t.deepEqual(results.worker, { environ: "refused: EACCES", memory: "refused: EACCES", config: "refused: EACCES" });
    await fixture[Symbol.asyncDispose]();
  },
);

test.serial("an option that names nobody stops the worker with the reason", async (t) => {
  await using fixture = await createFixture();
  await chmod(fixture.home, 0o711);
  const config = withConfig(fixture.config, { core: { default_impersonation: "no-such-user" } });
  const worker = startWorker(fixture, { config });
  const error = await t.throwsAsync(worker.stop(), { code: "IMPERSONATION_FAILED" });
  t.regex(error.message, /^Tasks cannot run as no-such-user, whom \[core\] default_impersonation names: /);
});
