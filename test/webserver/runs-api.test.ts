import test from "ava";
import { Dag } from "#sdk/index.ts";
import { seedDag, seedRun, seedVersion } from "./helpers/seed.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

const [R1, R2, R3] = [1, 2, 3].map((day) => `manual__2024-01-0${day}T00:00:00+00:00`) as [string, string, string];
const RUN = (runId: string) => `/api/v2/dags/etl/dagRuns/${encodeURIComponent(runId)}`;

/** Two DAGs; `etl` has three runs, of 10, 20 and 30 seconds, the last one still running. */
async function startServer(): Promise<TestServer> {
  const server = await serve();
  const db = server.database;
  for (const [id, tasks] of [
    ["etl", ["extract", "load"]],
    ["other", ["only"]],
  ] as const) {
    const dag = new Dag(id);
    for (const task of tasks) dag.task(task, () => undefined)();
    await seedDag(db, dag);
  }
  await seedRun(db, "etl", R1, { extract: "success", load: "success" }, { state: "success" });
  await seedRun(db, "etl", R2, { extract: "success", load: "failed" }, { state: "failed" });
  await seedRun(db, "etl", R3, { extract: "running", load: null }, { state: "running" });
  await seedRun(db, "other", R1, { only: "success" }, { state: "success" });
  await db.query(
    `update dag_run set logical_date = run_id_date, run_after = run_id_date, start_date = run_id_date,
            end_date = case when state <> 'running' then run_id_date + extract(day from run_id_date) * interval '10 seconds' end,
            conf = json_build_object('Region', dag_id || extract(day from run_id_date))
       from (select id as run, substr(run_id, 9)::timestamptz as run_id_date from dag_run) as dates where id = run`,
  );
  await db.query(
    `update task_instance set start_date = null, end_date = null, pool = case when task_id = 'load' then 'wide' else pool end`,
  );
  await db.query(
    `update task_instance ti set start_date = r.start_date, end_date = r.start_date + interval '5 seconds'
       from dag_run r where r.id = ti.dag_run_id and ti.state in ('success', 'failed')`,
  );
  return server;
}

const days = (rows: readonly { dag_run_id: string }[]) => rows.map((row) => row.dag_run_id.slice(16, 18)).join(" ");

/** What a filter leaves of the runs of `etl`, by the days of their dates. */
const RUN_FILTERS: readonly (readonly [query: string, days: string])[] = [
  ["", "01 02 03"],
  ["logical_date_gte=2024-01-02T00:00:00Z", "02 03"],
  ["logical_date_gt=2024-01-02", "03"],
  ["logical_date_lte=2024-01-02", "01 02"],
  ["run_after_lt=2024-01-02", "01"],
  ["start_date_gte=2024-01-01&start_date_lt=2024-01-03", "01 02"],
  ["end_date_lte=2024-01-02T00:00:20Z", "01 02"],
  ["end_date_gt=2024-01-02T00:00:20Z", ""],
  ["duration_gte=20&duration_lt=20.5", "02"],
  ["state=success&state=failed", "01 02"],
  ["run_type=manual", "01 02 03"],
  ["run_type=scheduled", ""],
  ["conf_contains=region%22%20:%20%22ETL2", "02"],
  ["run_id_pattern=01-02", "02"],
  ["run_id_pattern=01-02|01-03", "02 03"],
  ["dag_version=1", "01 02 03"],
  ["dag_version=2", ""],
  ["order_by=-logical_date", "03 02 01"],
  ["order_by=-state&order_by=run_id", "01 03 02"],
  ["limit=1&offset=1", "02"],
];

test.serial("GET dagRuns: each filter of Airflow's leaves what it names", async (t) => {
  await using server = await startServer();
  for (const [query, expected] of RUN_FILTERS) {
    const { status, json } = await server.call("GET", `/api/v2/dags/etl/dagRuns?${query}`);
    t.is(status, 200, query);
    t.is(days(json.dag_runs), expected, query);
  }
  t.is((await server.call("GET", "/api/v2/dags/~/dagRuns")).json.total_entries, 4);
  t.is((await server.call("GET", "/api/v2/dags/~/dagRuns?dag_id_pattern=oth")).json.total_entries, 1);
  for (const query of ["duration_gte=long", "run_type=weekly", "state=done", "logical_date_gte=monday", "limit=-1"]) {
    t.is((await server.call("GET", `/api/v2/dags/etl/dagRuns?${query}`)).status, 422, query);
  }
  t.is((await server.call("GET", "/api/v2/dags/etl/dagRuns?order_by=mood")).status, 400);
  t.is((await server.call("GET", "/api/v2/dags/none/dagRuns")).status, 404);
});

/** What a body leaves of all runs. */
const RUN_BODIES: readonly (readonly [body: object, days: string])[] = [
  [{}, "01 02 03 01"],
  [{ dag_ids: ["etl"], states: ["success", "running"] }, "01 03"],
  [{ dag_ids: ["etl"], logical_date_gte: "2024-01-02T00:00:00Z", order_by: "-run_id" }, "03 02"],
  [{ dag_ids: ["etl", "other"], page_limit: 1, page_offset: 3 }, "01"],
  [{ duration_gte: 15, states: ["failed"] }, "02"],
];

test.serial("POST dagRuns/list takes the filters in its body", async (t) => {
  await using server = await startServer();
  for (const [body, expected] of RUN_BODIES) {
    const { status, json } = await server.call("POST", "/api/v2/dags/~/dagRuns/list", body);
    t.is(status, 200);
    t.is(days(json.dag_runs), expected, JSON.stringify(body));
  }
  for (const body of [{ nope: 1 }, { dag_ids: [{}] }, { page_limit: "many" }]) {
    t.is((await server.call("POST", "/api/v2/dags/~/dagRuns/list", body)).status, 422, JSON.stringify(body));
  }
  const { status, json } = await server.call("POST", "/api/v2/dags/etl/dagRuns/list", {});
  t.is(status, 422);
  t.is(json.detail[0].msg, "Input should be '~'");
});

/** What a filter leaves of the task instances of all runs of `etl`. */
const TASK_FILTERS: readonly (readonly [query: string, names: string])[] = [
  ["state=failed", "02 load"],
  ["state=none", "03 load"],
  ["task_id=load", "01 load, 02 load, 03 load"],
  ["task_display_name_pattern=extr", "01 extract, 02 extract, 03 extract"],
  ["pool=wide&state=success", "01 load"],
  ["pool_name_pattern=wid&run_id_pattern=01-02", "02 load"],
  ["queue_name_pattern=nowhere", ""],
  ["logical_date_gt=2024-01-02", "03 extract, 03 load"],
  ["start_date_gte=2024-01-02&end_date_lt=2024-01-03", "02 extract, 02 load"],
  ["duration_gte=5&duration_lt=6&state=failed", "02 load"],
  ["operator=None", ""],
  ["map_index=0", ""],
  ["map_index=-1&task_id=load&state=success", "01 load"],
  ["version_number=2", ""],
  ["order_by=-run_after&order_by=task_id&limit=2", "03 extract, 03 load"],
];

test.serial("GET taskInstances: each filter of Airflow's leaves what it names, over all runs with ~", async (t) => {
  await using server = await startServer();
  for (const [query, expected] of TASK_FILTERS) {
    const ordered = query.includes("order_by") ? query : `${query}&order_by=run_after&order_by=task_id`;
    const { status, json } = await server.call("GET", `/api/v2/dags/etl/dagRuns/~/taskInstances?${ordered}`);
    t.is(status, 200, query);
    const names = json.task_instances.map(
      (each: { dag_run_id: string; task_id: string }) => `${each.dag_run_id.slice(16, 18)} ${each.task_id}`,
    );
    t.is(names.join(", "), expected, query);
  }
  const list = (body: object) => server.call("POST", "/api/v2/dags/~/dagRuns/~/taskInstances/list", body);
  const found = await list({ dag_ids: ["etl"], task_ids: ["load"], state: ["failed", null] });
  t.deepEqual([found.status, found.json.total_entries], [200, 2]);
  t.is((await list({ dag_run_ids: [R1] })).json.total_entries, 3);
  t.is((await list({ states: ["failed"] })).status, 422);
});

test.serial("PATCH taskInstances does many things at once, and tells what it could not", async (t) => {
  await using server = await startServer();
  const bulk = (path: string, ...actions: object[]) => server.call("PATCH", `${path}/taskInstances`, { actions });
  const ALL = "/api/v2/dags/~/dagRuns/~";
  const answer = await bulk(
    ALL,
    {
      action: "update",
      entities: [
        { dag_id: "etl", dag_run_id: R2, task_id: "load", new_state: "success", note: "by hand" },
        { dag_id: "etl", dag_run_id: R1, task_id: "load", new_state: "success" },
        { dag_id: "etl", dag_run_id: R1, task_id: "none", new_state: "success" },
        { task_id: "load", new_state: "success" },
      ],
    },
    { action: "delete", entities: [{ dag_id: "other", dag_run_id: R1, task_id: "only", map_index: -1 }, "load"] },
    { action: "create", entities: [] },
  );
  t.is(answer.status, 200);
  const wildcard =
    "When using wildcard in path, dag_id and dag_run_id must be specified in request body for task_id: load";
  t.deepEqual(answer.json, {
    create: { success: [], errors: [{ error: "Task instances bulk create is not supported", status_code: 405 }] },
    update: {
      success: [`etl.${R2}.load[-1]`],
      errors: [
        { error: "Task id load is already in success state", status_code: 409 },
        { error: `No task instances found for dag_id: etl, run_id: ${R1}, task_id: none`, status_code: 404 },
        { error: wildcard, status_code: 400 },
      ],
    },
    delete: { success: [`other.${R1}.only[-1]`], errors: [{ error: wildcard, status_code: 400 }] },
  });
  const { rows } = await server.database.query(
    "select dag_id, state, note from task_instance where note is not null or dag_id = 'other'",
  );
  t.deepEqual(rows, [{ dag_id: "etl", state: "success", note: "by hand" }]);
  const skipped = { action: "update", action_on_non_existence: "skip", entities: [{ task_id: "none", note: "x" }] };
  t.deepEqual((await bulk(RUN(R1), skipped)).json.update, { success: [], errors: [] });
  for (const action of [{ action: "burn", entities: [] }, { action: "update" }, { action: "update", entities: [{}] }]) {
    t.is((await bulk(RUN(R1), action)).status, 422, JSON.stringify(action));
  }
});

test.serial("a run is cleared for the tasks only that are new in its DAG", async (t) => {
  await using server = await startServer();
  const grown = new Dag("etl");
  for (const id of ["extract", "load", "report"]) grown.task(id, () => undefined)();
  await seedVersion(server.database, grown);
  const clear = (body: object) => server.call("POST", `${RUN(R1)}/clear`, body);
  t.deepEqual((await clear({ only_new: true })).json, {
    task_instances: [{ task_id: "report", task_display_name: "report" }],
    total_entries: 1,
  });
  const { status, json } = await clear({ only_new: true, dry_run: false, note: "and the report" });
  t.is(status, 200);
  t.like(json, { state: "queued", note: "and the report" });
  const { rows } = await server.database.query(
    "select task_id, state from task_instance where run_id = $1 and dag_id = 'etl' order by 1",
    [R1],
  );
  t.deepEqual(rows, [
    { task_id: "extract", state: "success" },
    { task_id: "load", state: "success" },
    { task_id: "report", state: null },
  ]);
  t.is((await clear({ only_new: true, only_failed: true })).status, 422);
});

test.serial("clearTaskInstances writes a note on what it clears", async (t) => {
  await using server = await startServer();
  const body = { dry_run: false, dag_run_id: R2, note: "again" };
  t.is((await server.call("POST", "/api/v2/dags/etl/clearTaskInstances", body)).status, 200);
  const { rows } = await server.database.query("select task_id, note from task_instance where note is not null");
  t.deepEqual(rows, [{ task_id: "load", note: "again" }]);
});

test.serial("XComs are listed, written, changed and taken away by hand", async (t) => {
  await using server = await startServer();
  const entries = `${RUN(R1)}/taskInstances/extract/xcomEntries`;
  const value = { b: [1, null], a: "x" };
  const posted = await server.call("POST", entries, { key: "k", value });
  t.is(posted.status, 201);
  t.like(posted.json, { key: "k", value, map_index: -1, task_id: "extract", run_id: R1 });
  t.is((await server.call("POST", entries, { key: "k", value: 1 })).status, 409);
  t.is((await server.call("POST", entries, { key: "k2" })).status, 422);
  t.is((await server.call("POST", entries, { key: "k", value: 1, map_index: 3 })).status, 404);
  t.like((await server.call("GET", `${entries}/k`)).json, { value });
  t.is((await server.call("GET", `${entries}/k?stringify=true`)).json.value, JSON.stringify(value));
  t.like((await server.call("PATCH", `${entries}/k`, { value: [2] })).json, { value: [2] });
  t.is((await server.call("PATCH", `${entries}/none`, { value: 1 })).status, 404);
  await server.call("POST", `${RUN(R2)}/taskInstances/load/xcomEntries`, { key: "other", value: null });
  const list = async (path: string) =>
    (await server.call("GET", path)).json.xcom_entries.map((each: { key: string }) => each.key).join();
  t.is(await list(entries), "k");
  t.is(await list("/api/v2/dags/~/dagRuns/~/taskInstances/~/xcomEntries?order_by=key"), "k,other");
  t.is(await list("/api/v2/dags/etl/dagRuns/~/taskInstances/~/xcomEntries?xcom_key=other"), "other");
  t.is(await list("/api/v2/dags/etl/dagRuns/~/taskInstances/load/xcomEntries"), "other");
  t.is((await server.call("DELETE", `${entries}/k`)).status, 204);
  t.is((await server.call("DELETE", `${entries}/k`)).status, 404);
});

test.serial("waiting for a run gives a line for each look, and at its end the results asked for", async (t) => {
  await using server = await startServer();
  await server.call("POST", `${RUN(R1)}/taskInstances/load/xcomEntries`, { key: "return_value", value: { rows: 3 } });
  const ended = await server.call("GET", `${RUN(R1)}/wait?interval=1&result=load&result=extract`);
  t.is(ended.headers.get("content-type"), "application/x-ndjson");
  t.deepEqual(JSON.parse(ended.text), { state: "success", results: { load: { rows: 3 }, extract: null } });

  const response = await fetch(`${server.url}${RUN(R3)}/wait?interval=0.01`);
  const lines = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  t.is((await lines.read()).value?.split("\n")[0], '{"state":"running"}');
  await server.database.query("update dag_run set state = 'failed' where run_id = $1", [R3]);
  let text = "";
  for (let part = await lines.read(); !part.done; part = await lines.read()) text += part.value;
  t.true(text.endsWith('{"state":"failed"}\n'), text);
  t.is((await server.call("GET", `${RUN(R1)}/wait`)).status, 422);
  t.is((await server.call("GET", `${RUN(R1)}/wait?interval=0`)).status, 422);
});

test.serial("tasks and versions of a DAG are shown one by one", async (t) => {
  await using server = await startServer();
  const grown = new Dag("etl", { startDate: new Date("2024-01-01T00:00:00Z") });
  grown.task("extract", () => undefined)();
  grown.task("load", () => undefined, { startDate: new Date("2024-02-01T00:00:00Z"), params: { rows: 3 } })();
  await seedVersion(server.database, grown);
  const dag = "/api/v2/dags/etl";
  t.like((await server.call("GET", `${dag}/tasks/extract`)).json, {
    task_id: "extract",
    start_date: "2024-01-01T00:00:00.000Z",
    end_date: null,
    params: {},
  });
  t.like((await server.call("GET", `${dag}/tasks/load`)).json, {
    start_date: "2024-02-01T00:00:00.000Z",
    params: { rows: { value: 3 } },
  });
  const missing = await server.call("GET", `${dag}/tasks/none`);
  t.deepEqual([missing.status, missing.json.detail], [404, "Task with id none was not found"]);

  const numbers = async (path: string) =>
    (await server.call("GET", path)).json.dag_versions.map((each: { version_number: number }) => each.version_number);
  t.deepEqual(await numbers(`${dag}/dagVersions?order_by=-version_number`), [2, 1]);
  t.deepEqual(await numbers(`${dag}/dagVersions?version_number=1`), [1]);
  t.is((await numbers("/api/v2/dags/~/dagVersions")).length, 3);
  t.like((await server.call("GET", `${dag}/dagVersions/2`)).json, { version_number: 2, dag_id: "etl" });
  t.is((await server.call("GET", `${dag}/dagVersions/3`)).status, 404);
});
