import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { taskLogPath } from "#core/task-logs.ts";
import { Dag } from "#sdk/index.ts";
import { allTasks, seedDag, seedRun, seedScheduler, taxiDag } from "./helpers/seed.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

const RUN = "manual__2019-03-05T19:50:44.826000+00:00";
const TASKS = `/api/v2/dags/taxi/dagRuns/${encodeURIComponent(RUN)}/taskInstances`;

let server: TestServer;
let logs: string;
let dagRunId: number;

test.before(async () => {
  logs = await mkdtemp(join(tmpdir(), "daisy-logs-"));
  server = await serve({ logging: { base_log_folder: logs } });
  const db = server.database;
  await seedDag(db, taxiDag(), { source: "export const DAG = 1;\n" });
  await seedDag(db, new Dag("nightly", { schedule: "0 3 * * *", tags: ["export"] }), {
    isPaused: true,
    owners: "data-team",
  });
  await db.query("update dag set pools = '{default_pool, night}' where dag_id = 'nightly'");
  await seedDag(db, new Dag("gone"), { isStale: true });
  const grouped = new Dag("grouped");
  const group = grouped.taskGroup("extract");
  const load = grouped.task("load", async () => 1)();
  group.task("trips", async () => 1)();
  group.before(load);
  await seedDag(db, grouped);
  const conf = { rows: 10, db_password: "hunter2", url: "postgresql://me:hunter2@host/db" };
  dagRunId = await seedRun(db, "taxi", RUN, { ...allTasks(taxiDag(), "success"), Pusher: null }, { conf });
  await db.query("insert into xcom (dag_run_id, task_id, key, value) values ($1, 'Trainer', 'return_value', $2)", [
    dagRunId,
    JSON.stringify({ model: "/models/1", token: "hunter2" }),
  ]);
  await db.query(
    `insert into variable (key, value) values ('region', 'chicago'), ('api_key', 'hunter2'), ('nested', '{"secret": "hunter2"}')`,
  );
  await db.query(
    "insert into import_error (relative_fileloc, fileloc, stack_trace) values ('bad.ts', '/dags/bad.ts', 'bad.ts:3: oh no')",
  );
});

test.after.always(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(logs, { recursive: true, force: true });
});

// One after the other: the questions come first, and find what was put there before anything is changed.
const answers: readonly (readonly [title: string, path: string, expected: object])[] = [
  [
    "DAGs come in order of their ids, without stale ones",
    "/api/v2/dags?limit=2",
    { dags: [{ dag_id: "grouped" }, { dag_id: "nightly" }], total_entries: 3 },
  ],
  ["stale DAGs come when asked for", "/api/v2/dags?only_active=false&dag_id_pattern=gone", { total_entries: 1 }],
  ["a pattern finds parts of ids, several by |", "/api/v2/dags?dag_id_pattern=TAX|nigh", { total_entries: 2 }],
  [
    "DAGs are chosen by tag",
    "/api/v2/dags?tags=export&tags=other",
    { dags: [{ dag_id: "nightly", owners: ["data-team"] }] },
  ],
  [
    "DAGs are chosen by being paused",
    "/api/v2/dags?paused=true",
    { dags: [{ dag_id: "nightly", is_paused: true }], total_entries: 1 },
  ],
  ["DAGs are ordered downwards", "/api/v2/dags?order_by=-dag_id&limit=1&offset=1", { dags: [{ dag_id: "nightly" }] }],
  [
    "a DAG has Airflow's fields",
    "/api/v2/dags/taxi",
    { dag_id: "taxi", timetable_summary: "None", tags: [{ name: "tfx" }], bundle_name: "dags-folder" },
  ],
  [
    "a DAG's details name its version",
    "/api/v2/dags/taxi/details",
    { catchup: false, latest_dag_version: { version_number: 1 }, active_runs_count: 1, timezone: "UTC" },
  ],
  [
    "a DAG's tasks are listed in the order of the file",
    "/api/v2/dags/taxi/tasks",
    {
      tasks: [
        {
          task_id: "CsvExampleGen",
          operator_name: "AirflowComponent",
          downstream_task_ids: ["Evaluator", "StatisticsGen", "Transform"],
          retry_delay: { __type: "TimeDelta", days: 0, seconds: 300, microseconds: 0 },
        },
      ],
      total_entries: 9,
    },
  ],
  [
    "a DAG's source is its file's text",
    "/api/v2/dagSources/taxi",
    { content: "export const DAG = 1;\n", version_number: 1 },
  ],
  [
    "runs are listed",
    "/api/v2/dags/taxi/dagRuns?state=running&state=queued",
    { dag_runs: [{ dag_run_id: RUN, run_type: "manual" }], total_entries: 1 },
  ],
  ["runs of all DAGs are listed under ~", "/api/v2/dags/~/dagRuns", { total_entries: 1 }],
  [
    "a run's secrets are masked",
    `/api/v2/dags/taxi/dagRuns/${encodeURIComponent(RUN)}`,
    {
      conf: { rows: 10, db_password: "***", url: "postgresql://me:***@host/db" },
      dag_versions: [{ version_number: 1 }],
    },
  ],
  ["a run's task instances are listed", `${TASKS}?limit=3`, { total_entries: 9 }],
  [
    "task instances without a state are found",
    `${TASKS}?state=none`,
    { task_instances: [{ task_id: "Pusher", state: null }], total_entries: 1 },
  ],
  [
    "task instances of all runs are listed under ~",
    "/api/v2/dags/~/dagRuns/~/taskInstances?state=success",
    { total_entries: 8 },
  ],
  [
    "a task instance has Airflow's fields",
    `${TASKS}/Trainer`,
    {
      task_id: "Trainer",
      state: "success",
      try_number: 1,
      map_index: -1,
      executor_config: "{}",
      dag_version: { version_number: 1 },
    },
  ],
  [
    "a task instance's tries are listed",
    `${TASKS}/Trainer/tries`,
    { task_instances: [{ try_number: 1, state: "success" }], total_entries: 1 },
  ],
  [
    "a task instance that was never queued has no tries",
    `${TASKS}/Pusher/tries`,
    { task_instances: [], total_entries: 0 },
  ],
  [
    "XComs are listed",
    `${TASKS}/Trainer/xcomEntries`,
    { xcom_entries: [{ key: "return_value", run_id: RUN }], total_entries: 1 },
  ],
  [
    "an XCom's value is JSON text when asked for, secrets masked",
    `${TASKS}/Trainer/xcomEntries/return_value?stringify=true`,
    { value: '{"model":"/models/1","token":"***"}' },
  ],
  [
    "an XCom's value is JSON, secrets masked",
    `${TASKS}/Trainer/xcomEntries/return_value`,
    { value: { model: "/models/1", token: "***" } },
  ],
  [
    "import errors are listed",
    "/api/v2/importErrors",
    { import_errors: [{ filename: "/dags/bad.ts", stack_trace: "bad.ts:3: oh no" }], total_entries: 1 },
  ],
  [
    "warnings of DAGs are listed",
    "/api/v2/dagWarnings?dag_id=nightly&warning_type=non-existent+pool&order_by=-timestamp",
    {
      dag_warnings: [
        {
          dag_id: "nightly",
          dag_display_name: "nightly",
          warning_type: "non-existent pool",
          message: "Dag 'nightly' references non-existent pools: ['night']",
        },
      ],
      total_entries: 1,
    },
  ],
  ["warnings of a DAG without any are none", "/api/v2/dagWarnings?dag_id=taxi", { dag_warnings: [], total_entries: 0 }],
  [
    "pools are listed",
    "/api/v2/pools",
    { pools: [{ name: "default_pool", slots: 128, open_slots: 128 }], total_entries: 1 },
  ],
  [
    "variables are listed, secrets masked",
    "/api/v2/variables",
    {
      variables: [
        { key: "api_key", value: "***" },
        { key: "nested", value: '{"secret":"***"}' },
        { key: "region", value: "chicago" },
      ],
    },
  ],
  ["the version is told", "/api/v2/version", { version: "0.1.0", git_version: null }],
  [
    "health is told without a scheduler",
    "/api/v2/monitor/health",
    {
      metadatabase: { status: "healthy" },
      scheduler: { status: "unhealthy", latest_scheduler_heartbeat: null },
      triggerer: { status: null },
    },
  ],
  ["health is told at its older place", "/health", { metadatabase: { status: "healthy" } }],
  [
    "the structure has groups around their tasks",
    "/ui/dags/grouped/structure",
    {
      version_number: 1,
      nodes: [
        { id: "extract", kind: "group" },
        { id: "load", parent: null },
        { id: "extract.trips", label: "trips", parent: "extract" },
      ],
      edges: [{ source: "extract.trips", target: "load" }],
    },
  ],
  [
    "the DAG list counts tasks of the unfinished run",
    "/ui/dags?search=taxi",
    {
      dags: [{ recent_tasks: { success: 8, no_status: 1 }, runs: { running: 1 }, last_run: { dag_run_id: RUN } }],
      active: 2,
      paused: 1,
      default_view: "graph",
    },
  ],
  [
    "the grid has runs by tasks",
    "/ui/dags/taxi/grid",
    { runs: [{ dag_run_id: RUN, states: { Trainer: "success", Pusher: null } }] },
  ],
  [
    "a run's states come with the run",
    `/ui/dags/taxi/runs/${encodeURIComponent(RUN)}/states`,
    { run: { state: "running" } },
  ],
];

for (const [title, path, expected] of answers) {
  test.serial(title, async (t) => {
    const { status, json } = await server.call("GET", path);
    t.is(status, 200, JSON.stringify(json));
    t.like(json, expected);
  });
}

const refusals: readonly (readonly [
  title: string,
  method: string,
  path: string,
  body: unknown,
  status: number,
  detail: RegExp,
])[] = [
  ["a DAG that is not there", "GET", "/api/v2/dags/nope", undefined, 404, /The Dag with ID: `nope` was not found/],
  [
    "a run that is not there",
    "GET",
    "/api/v2/dags/taxi/dagRuns/nope",
    undefined,
    404,
    /DagRun with dag_id: `taxi` and run_id: `nope` was not found/,
  ],
  ["a task instance that is not there", "GET", `${TASKS}/Nope`, undefined, 404, /Task Instance .*`Nope`/],
  ["a try that is not there", "GET", `${TASKS}/Trainer/logs/7`, undefined, 404, /has no try 7/],
  [
    "an XCom that is not there",
    "GET",
    `${TASKS}/Trainer/xcomEntries/nope`,
    undefined,
    404,
    /XCom entry with key: `nope` not found/,
  ],
  ["an API path that is not there", "GET", "/api/v2/nothing", undefined, 404, /Not Found/],
  ["another API", "GET", "/api/v1/dags", undefined, 404, /Not Found/],
  ["a method that a path does not take", "GET", "/api/v2/parseDagFile/x", undefined, 405, /Method Not Allowed/],
  ["an id with NUL", "GET", "/api/v2/dags/%00", undefined, 404, /Not Found/],
  ["NUL beside all runs", "GET", "/api/v2/dags/a%00/dagRuns/~/hitlDetails", undefined, 404, /Not Found/],
  ["NUL beside all DAGs", "GET", "/api/v2/dags/~/dagRuns/a%00/taskInstances", undefined, 404, /Not Found/],
  [
    "NUL beside all tasks",
    "GET",
    "/api/v2/dags/a%00/dagRuns/~/taskInstances/~/xcomEntries",
    undefined,
    404,
    /Not Found/,
  ],
  [
    "NUL where many task instances are changed",
    "PATCH",
    "/api/v2/dags/a%00/dagRuns/r/taskInstances",
    { actions: [{ action: "update", entities: [{ task_id: "t", new_state: "success" }] }] },
    404,
    /Not Found/,
  ],
  ["an id that leads out of a folder", "GET", "/api/v2/dags/..%2F..%2Fetc/dagRuns", undefined, 404, /was not found/],
  ["a path that cannot be decoded", "GET", "/api/v2/dags/%ff", undefined, 400, /decode/],
  ["a query with NUL", "GET", "/ui/dags?search=%00", undefined, 422, /NUL/],
  ["a negative limit", "GET", "/api/v2/dags?limit=-1", undefined, 422, /greater than or equal to 0/],
  ["a limit that is no number", "GET", "/api/v2/dags?limit=ten", undefined, 422, /valid integer/],
  ["a flag that is none", "GET", "/api/v2/dags?paused=maybe", undefined, 422, /valid boolean/],
  [
    "a state that is none",
    "GET",
    "/api/v2/dags/taxi/dagRuns?state=done",
    undefined,
    422,
    /'queued', 'running', 'success', 'failed'/,
  ],
  ["an order by what cannot be ordered by", "GET", "/api/v2/dags?order_by=fileloc;drop", undefined, 400, /disallowed/],
  ["an order by what every object has", "GET", "/api/v2/dags?order_by=constructor", undefined, 400, /disallowed/],
  ["a time that is none", "GET", "/api/v2/dags/taxi/dagRuns?run_after_gte=yesterday", undefined, 422, /valid datetime/],
  ["a token of somebody else", "GET", `${TASKS}/Trainer/logs/1?token=abc`, undefined, 422, /only the tokens/],
  ["a file token of somebody else", "PUT", "/api/v2/parseDagFile/eyJ9.abc", undefined, 404, /File not found/],
  ["a run of a DAG that is not there", "POST", "/api/v2/dags/nope/dagRuns", {}, 404, /was not found/],
  ["a run of a DAG without a file", "POST", "/api/v2/dags/gone/dagRuns", {}, 404, /seems to be missing/],
  ["a run twice", "POST", "/api/v2/dags/taxi/dagRuns", { dag_run_id: RUN }, 409, /already exists/],
  [
    "a run at the same date",
    "POST",
    "/api/v2/dags/taxi/dagRuns",
    { dag_run_id: "x", logical_date: "2019-03-05T19:50:44.826Z" },
    409,
    /already exists/,
  ],
  ["a field that is not known", "POST", "/api/v2/dags/taxi/dagRuns", { config: {} }, 422, /Extra inputs/],
  ["a conf that is a list", "POST", "/api/v2/dags/taxi/dagRuns", { conf: [1] }, 422, /valid dictionary/],
  ["a conf that is a text", "POST", "/api/v2/dags/taxi/dagRuns", { conf: "$(reboot)" }, 422, /valid dictionary/],
  [
    "half an interval",
    "POST",
    "/api/v2/dags/taxi/dagRuns",
    { data_interval_start: "2019-01-01T00:00:00Z" },
    422,
    /both/,
  ],
  [
    "an interval that ends before it starts",
    "POST",
    "/api/v2/dags/taxi/dagRuns",
    { data_interval_start: "2019-01-02T00:00:00Z", data_interval_end: "2019-01-01T00:00:00Z" },
    422,
    /must not be before/,
  ],
  [
    "a run id that leads out of a folder",
    "POST",
    "/api/v2/dags/taxi/dagRuns",
    { dag_run_id: "../../etc" },
    400,
    /not allowed/,
  ],
  [
    "a manual run that calls itself scheduled",
    "POST",
    "/api/v2/dags/taxi/dagRuns",
    { dag_run_id: "scheduled__2019" },
    400,
    /reserved/,
  ],
  ["a body that is no JSON", "POST", "/api/v2/dags/taxi/dagRuns", "{", 422, /JSON decode error/],
  ["a body that is no object", "PATCH", "/api/v2/dags/taxi", "[]", 422, /valid dictionary/],
  ["a pause that is no boolean", "PATCH", "/api/v2/dags/taxi", { is_paused: "yes" }, 422, /valid boolean/],
];

for (const [title, method, path, body, status, detail] of refusals) {
  test.serial(`refused with ${status}: ${title}`, async (t) => {
    const answer = await server.call(method, path, body);
    t.is(answer.status, status, answer.text);
    t.regex(JSON.stringify(answer.json.detail), detail);
  });
}

test.serial("a DAG is paused and unpaused, and that is written down", async (t) => {
  t.like((await server.call("PATCH", "/api/v2/dags/grouped", { is_paused: true })).json, { is_paused: true });
  t.like((await server.call("GET", "/api/v2/dags/grouped")).json, { is_paused: true });
  await server.call("PATCH", "/api/v2/dags/grouped?update_mask=is_paused", { is_paused: false });
  const { rows } = await server.database.query("select event, extra from log where dag_id = 'grouped' order by id");
  t.deepEqual(rows, [
    { event: "patch_dag", extra: { is_paused: true } },
    { event: "patch_dag", extra: { is_paused: false } },
  ]);
});

test.serial("a run is triggered through the API, without a date unless one is given", async (t) => {
  const created = await server.call("POST", "/api/v2/dags/grouped/dagRuns", { logical_date: null, conf: { a: 1 } });
  t.is(created.status, 200);
  t.like(created.json, {
    state: "queued",
    logical_date: null,
    conf: { a: 1 },
    triggered_by: "rest_api",
    run_type: "manual",
  });
  const dated = await server.call("POST", "/api/v2/dags/grouped/dagRuns", { logical_date: "2020-01-01T00:00:00Z" });
  t.like(dated.json, { dag_run_id: "manual__2020-01-01T00:00:00+00:00", logical_date: "2020-01-01T00:00:00.000Z" });
});

test.serial("a file is asked to be parsed by its token", async (t) => {
  const dag = await server.call("GET", "/api/v2/dags/nightly");
  const { status } = await server.call("PUT", `/api/v2/parseDagFile/${dag.json.file_token}`);
  t.is(status, 201);
  const { rows } = await server.database.query(
    "select count(*) as count from dag_priority_parsing_request where relative_fileloc = 'nightly_pipeline.ts'",
  );
  t.deepEqual(rows, [{ count: 1 }]);
});

const forbidden: readonly (readonly [title: string, headers: Record<string, string>, status: number])[] = [
  ["another site's page", { Origin: "https://evil.example" }, 403],
  ["a browser that says it comes from elsewhere", { "Sec-Fetch-Site": "cross-site" }, 403],
  ["another port's page", { "Sec-Fetch-Site": "same-site" }, 403],
  ["a sandboxed page", { Origin: "null" }, 403],
  ["a form", { "Content-Type": "text/plain" }, 415],
];

for (const [title, headers, status] of forbidden) {
  test.serial(`${title} cannot change anything`, async (t) => {
    const answer = await server.call("POST", "/api/v2/dags/taxi/dagRuns", { dag_run_id: "evil" }, headers);
    t.is(answer.status, status);
    const { rows } = await server.database.query("select 1 from dag_run where run_id = 'evil'");
    t.deepEqual(rows, []);
  });
}

test.serial("a name that is not this machine's is refused, as after DNS rebinding", async (t) => {
  const { request } = await import("node:http");
  const { hostname, port } = new URL(server.url);
  const status = await new Promise((resolve, reject) => {
    const call = request({ hostname, port, path: "/api/v2/dags", headers: { Host: "evil.example" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on("error", reject).end();
  });
  t.is(status, 403);
});

test.serial("answers carry headers that keep browsers careful", async (t) => {
  const { headers } = await server.call("GET", "/api/v2/version");
  t.regex(headers.get("content-security-policy")!, /script-src 'self';.*frame-ancestors 'none'/);
  t.is(headers.get("x-content-type-options"), "nosniff");
  t.is(headers.get("x-powered-by"), null);
});

async function writeLog(taskId: string, text: string): Promise<void> {
  const file = taskLogPath(logs, { dagId: "taxi", runId: RUN, taskId, mapIndex: -1, tryNumber: 1 });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { flag: "a" });
}

test.serial("a finished try's log is read to its end", async (t) => {
  await writeLog("Evaluator", "[2019-03-05T19:50:44.826Z] {task} INFO - one\nplain ✓\nlast without an end");
  const { json } = await server.call("GET", `${TASKS}/Evaluator/logs/1`);
  t.deepEqual(json, {
    content: [
      { timestamp: "2019-03-05T19:50:44.826Z", level: "info", event: "{task} INFO - one" },
      { event: "plain ✓" },
      { event: "last without an end" },
    ],
    continuation_token: null,
  });
  const text = await server.call("GET", `${TASKS}/Evaluator/logs/1`, undefined, { Accept: "text/plain" });
  t.is(text.text, "[2019-03-05T19:50:44.826Z] {task} INFO - one\nplain ✓\nlast without an end\n");
});

test.serial("a running try's log is followed, whole lines at a time", async (t) => {
  await server.database.query(
    "update task_instance set state = 'running', try_number = 1 where task_id = 'SchemaGen' and dag_id = 'taxi'",
  );
  const read = async (token: string | null) =>
    (await server.call("GET", `${TASKS}/SchemaGen/logs/1${token === null ? "" : `?token=${token}`}`)).json;
  const before = await read(null);
  t.deepEqual(before.content, []);
  await writeLog("SchemaGen", "first\nsec");
  const first = await read(before.continuation_token);
  t.deepEqual(first.content, [{ event: "first" }]);
  await writeLog("SchemaGen", "ond\npassword in postgresql://me:hunter2@host/db\n");
  const second = await read(first.continuation_token);
  t.deepEqual(second.content, [{ event: "second" }, { event: "password in postgresql://me:***@host/db" }]);
  await server.database.query(
    "update task_instance set state = 'success' where task_id = 'SchemaGen' and dag_id = 'taxi'",
  );
  t.deepEqual(await read(second.continuation_token), { content: [], continuation_token: null });
});

test.serial("a log that is not there says so", async (t) => {
  const { json } = await server.call("GET", `${TASKS}/Trainer/logs/1`);
  t.regex(json.content[0].event, /^\*\*\* Log file does not exist: .*attempt=1\.log$/);
  t.is(json.continuation_token, null);
});

test.serial("earlier tries are listed with the latest, and only once while a retry waits", async (t) => {
  const db = server.database;
  const id = "01a2005b-c431-7fe6-b7a9-600cfa5c0e9b";
  await db.query(
    `insert into task_instance_history (id, dag_run_id, dag_id, run_id, task_id, map_index, state, try_number)
     values ($1, $2, 'taxi', $3, 'StatisticsGen', -1, 'failed', 1)`,
    [id, dagRunId, RUN],
  );
  const tries = async () =>
    (await server.call("GET", `${TASKS}/StatisticsGen/tries`)).json.task_instances.map(
      (attempt: { try_number: number; state: string }) => [attempt.try_number, attempt.state],
    );
  t.deepEqual(await tries(), [[1, "failed"]]);
  await db.query("update task_instance set try_number = 2 where task_id = 'StatisticsGen' and dag_id = 'taxi'");
  t.deepEqual(await tries(), [
    [1, "failed"],
    [2, "success"],
  ]);
});

test.serial("a scheduler that is alive is healthy, one that was is not", async (t) => {
  await using other = await serve();
  await seedScheduler(other.database, 20);
  t.like((await other.call("GET", "/health")).json, { scheduler: { status: "healthy" } });
  await other.database.query(
    "update job set latest_heartbeat = now() - interval '31 seconds' where job_type = 'SchedulerJob'",
  );
  t.like((await other.call("GET", "/health")).json, {
    scheduler: { status: "unhealthy" },
    dag_processor: { status: "unhealthy" },
  });
});

test.serial(
  "a click on a DAG opens the view of [webserver] dag_default_view, Airflow's tree being the grid",
  async (t) => {
    for (const view of ["tree", "grid"]) {
      await using other = await serve({ webserver: { dag_default_view: view } });
      t.like((await other.call("GET", "/ui/dags")).json, { default_view: "grid" });
    }
  },
);

test.serial("a path that is no file is the console's page, or one that says that it is not built", async (t) => {
  const { status, text, headers } = await server.call("GET", "/dags/taxi");
  t.is(status, text.includes("The console is not built") ? 503 : 200);
  t.regex(headers.get("content-type")!, /^text\/html/);
  t.regex(text, /Daisy/);
});

test.serial("every open console is told of changes, and which DAG to read again", async (t) => {
  const stop = new AbortController();
  const response = await fetch(`${server.url}/ui/events`, { signal: stop.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (expected: RegExp) => {
    while (!expected.test(text)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`The stream ended without ${expected}:\n${text}`);
      text += value;
    }
  };
  await until(/event: hello/);
  await server.database.query(`select pg_notify('daisy_view', '{"dagRunId": 1, "dagId": "taxi"}')`);
  await until(/event: change\ndata: \{"dag_ids":\["taxi"\]\}/);
  await server.database.query("select pg_notify('daisy_view', '')");
  await until(/event: change\ndata: \{"dag_ids":\[\]\}/);
  stop.abort();
  t.regex(response.headers.get("content-type")!, /^text\/event-stream/);
});
