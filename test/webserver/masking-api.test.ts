import test from "ava";
import { seedDag, seedRun, taxiDag } from "./helpers/seed.ts";
import { serve } from "./helpers/serve.ts";

const RUN = "scheduled__2019-01-01T00:00:00+00:00";

test("no answer shows a password in a URL, whatever field it is in, nor a trigger's headers", async (t) => {
  await using server = await serve();
  await seedDag(server.database, taxiDag());
  await seedRun(server.database, "taxi", RUN, { CsvExampleGen: "deferred" });
  await server.database.query(
    `update task_instance set note = 'see ftp://me:hunter2@host', trigger_kind = 'http', trigger_created_at = now(),
       trigger_kwargs = '{"url": "https://me:hunter2@host/", "headers": {"Authorization": "Bearer hunter2"}}'
      where task_id = 'CsvExampleGen'`,
  );
  const { json, text } = await server.call("GET", `/api/v2/dags/taxi/dagRuns/${RUN}/taskInstances/CsvExampleGen`);
  t.is(json.note, "see ftp://me:***@host");
  t.deepEqual(JSON.parse(json.trigger.kwargs), { url: "https://me:***@host/", headers: { Authorization: "***" } });
  t.notRegex(text, /hunter2/);
  await server.database.query("update dag_code set source = 'sql(\"postgres://me:hunter2@db\")'");
  for (const accept of ["application/json", "text/plain"]) {
    const source = await fetch(`${server.url}/api/v2/dagSources/taxi`, { headers: { accept } });
    t.regex(await source.text(), /postgres:\/\/me:\*\*\*@db/, accept);
  }
});

test("what was sent does not come back in a complaint, and the audit log keeps no secret", async (t) => {
  await using server = await serve();
  const body = { connection_id: "a", conn_type: "http", password: ["hunter2"], extra: "{}" };
  const refused = await server.call("POST", "/api/v2/connections", body);
  t.is(refused.status, 422);
  t.notRegex(refused.text, /hunter2/);
  const incomplete = await server.call("POST", "/api/v2/connections", { connection_id: "a", password: "hunter2" });
  t.is(incomplete.status, 422);
  t.notRegex(incomplete.text, /hunter2/);
  await seedDag(server.database, taxiDag());
  await seedRun(server.database, "taxi", RUN, {});
  await server.call("PATCH", `/api/v2/dags/taxi/dagRuns/${RUN}`, { note: "ftp://me:hunter2@host" });
  const { rows } = await server.database.query<{ extra: string }>("select extra::text from log");
  t.is(rows.length, 1);
  t.notRegex(rows[0]!.extra, /hunter2/);
});

test("the configuration is shown when expose_config says so, and never its secrets", async (t) => {
  await using closed = await serve();
  t.is((await closed.call("GET", "/api/v2/config")).status, 403);
  t.is((await closed.call("GET", "/api/v2/config/section/core/option/parallelism")).status, 403);

  const settings = { fernet_key: "hunter2", dags_folder: "/dags" };
  await using open = await serve({ core: settings, api: { expose_config: "True" } });
  const { json, text } = await open.call("GET", "/api/v2/config");
  const core = json.sections.find(({ name }: { name: string }) => name === "core");
  t.deepEqual(core.options.slice(0, 2), [
    { key: "dags_folder", value: "/dags" },
    { key: "parallelism", value: "32" },
  ]);
  t.notRegex(text, /hunter2/);
  t.deepEqual((await open.call("GET", "/api/v2/config?section=smtp")).json.sections.length, 1);
  const one = await open.call("GET", "/api/v2/config/section/core/option/fernet_key");
  t.deepEqual(one.json, { sections: [{ name: "core", options: [{ key: "fernet_key", value: "< hidden >" }] }] });
  t.is((await open.call("GET", "/api/v2/config/section/core/option/none")).status, 404);
  t.is((await open.call("GET", "/api/v2/config?section=none")).status, 404);
});
