import test from "ava";
import { Asset, type Dag } from "#sdk/index.ts";
import { sideBySide, storeDag } from "#test/core/database/dag-fixture.ts";
import { seedRun } from "./helpers/seed.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

const [R1, R2] = [1, 2].map((day) => `manual__2024-01-0${day}T00:00:00+00:00`) as [string, string];
const OF_TRIPS = "/api/v2/dags/trips/dagRuns";
const ALL_XCOMS = "/api/v2/dags/~/dagRuns/~/taskInstances/~/xcomEntries";

/** A group in a group, and a task beside them. */
function declareTrips(dag: Dag): void {
  const extract = dag.taskGroup("extract");
  extract.task("fetch", async () => 1)();
  extract.taskGroup("clean").task("dedupe", async () => 1)();
  dag.task("load", async () => 1)();
}

let server: TestServer;
test.before(async () => {
  server = await serve();
  const db = server.database;
  await storeDag(db, "trips", declareTrips);
  await storeDag(db, "fares", sideBySide("t"), { schedule: [new Asset({ name: "Fares", uri: "s3://city/fares" })] });
  await storeDag(db, "idle", sideBySide("t"));
  await db.query("update dag set dag_display_name = 'All trips' where dag_id = 'trips'");
  for (const [runId, state] of [
    [R1, "failed"],
    [R2, "success"],
  ] as const) {
    const id = await seedRun(
      db,
      "trips",
      runId,
      { "extract.fetch": "success", "extract.clean.dedupe": "success", load: state },
      { state },
    );
    await db.query("insert into xcom (dag_run_id, task_id, key, value) values ($1, 'load', $2, '1')", [id, state]);
  }
  await seedRun(db, "fares", R1, { t: "running" }, { state: "running" });
  await db.query(
    `update dag_run set start_date = logical_date,
            end_date = case when state <> 'running' then logical_date + interval '1 hour' end`,
  );
  for (const file of ["a", "b", "c"]) {
    await db.query("insert into import_error (relative_fileloc, fileloc, stack_trace) values ($1, $2, 'no')", [
      `${file}.ts`,
      `/dags/${file}.ts`,
    ]);
  }
});
test.after.always(() => server?.[Symbol.asyncDispose]());

/** What filters leave of a list, by one field of each entry. */
const LEFT: readonly (readonly [path: string, list: string, field: string, left: string])[] = [
  ["/api/v2/dags?dag_display_name_pattern=ALL", "dags", "dag_id", "trips"],
  ["/api/v2/dags?dag_display_name_pattern=idl|fare", "dags", "dag_id", "fares idle"],
  ["/api/v2/dags?dag_run_state=failed", "dags", "dag_id", ""],
  ["/api/v2/dags?dag_run_state=running&dag_run_state=success", "dags", "dag_id", "fares trips"],
  ["/api/v2/dags?dag_run_start_date_gt=2024-01-01", "dags", "dag_id", "trips"],
  ["/api/v2/dags?dag_run_start_date_lte=2024-01-01", "dags", "dag_id", "fares"],
  ["/api/v2/dags?dag_run_end_date_gte=2024-01-01", "dags", "dag_id", "trips"],
  ["/api/v2/dags?has_asset_schedule=true", "dags", "dag_id", "fares"],
  ["/api/v2/dags?has_asset_schedule=false", "dags", "dag_id", "idle trips"],
  ["/api/v2/dags?asset_dependency=fares", "dags", "dag_id", "fares"],
  ["/api/v2/dags?asset_dependency=S3://CITY", "dags", "dag_id", "fares"],
  ["/api/v2/dags?asset_dependency=f_res", "dags", "dag_id", ""],
  [`${OF_TRIPS}?triggering_user_name_pattern=ann`, "dag_runs", "dag_run_id", ""],
  [`${OF_TRIPS}/${R1}/taskInstances?task_group_id=extract.clean`, "task_instances", "task_id", "extract.clean.dedupe"],
  [
    `${OF_TRIPS}/${R1}/taskInstances?task_group_id=extract&order_by=task_id`,
    "task_instances",
    "task_id",
    "extract.clean.dedupe extract.fetch",
  ],
  [
    `${OF_TRIPS}/~/taskInstances?task_group_id=extract.clean&order_by=run_after`,
    "task_instances",
    "dag_run_id",
    `${R1} ${R2}`,
  ],
  [`${OF_TRIPS}/${R1}/taskInstances?rendered_map_index_pattern=7`, "task_instances", "task_id", ""],
  [`${ALL_XCOMS}?logical_date_gt=2024-01-01`, "xcom_entries", "key", "success"],
  [`${ALL_XCOMS}?run_after_lt=2024-01-02`, "xcom_entries", "key", "failed"],
  [`${ALL_XCOMS}?map_index_filter=-1&order_by=key`, "xcom_entries", "key", "failed success"],
  [`${ALL_XCOMS}?map_index_filter=0`, "xcom_entries", "key", ""],
  [`${ALL_XCOMS}?map_index_filter=0&map_index=-1`, "xcom_entries", "key", ""],
  ["/api/v2/importErrors?limit=2", "import_errors", "filename", "/dags/a.ts /dags/b.ts"],
  ["/api/v2/importErrors?order_by=-filename&offset=1", "import_errors", "filename", "/dags/b.ts /dags/a.ts"],
  ["/api/v2/importErrors?filename_pattern=B.TS", "import_errors", "filename", "/dags/b.ts"],
  ["/api/v2/importErrors?filename=/dags/c.ts", "import_errors", "filename", "/dags/c.ts"],
  ["/api/v2/importErrors?filename=c.ts", "import_errors", "filename", ""],
];

for (const [path, list, field, left] of LEFT) {
  test(`filtered: ${path}`, async (t) => {
    const { status, json } = await server.call("GET", path.replaceAll("+", "%2B"));
    t.is(status, 200, JSON.stringify(json));
    t.is(json[list].map((each: Record<string, string>) => each[field]).join(" "), left);
  });
}

test("a task group is one of a DAG, and has to be there", async (t) => {
  const find = (path: string) => server.call("GET", `${path}/taskInstances?task_group_id=load`);
  for (const path of [`${OF_TRIPS}/~`, `${OF_TRIPS}/${R1.replaceAll("+", "%2B")}`]) {
    const { status, json } = await find(path);
    t.deepEqual([status, json.detail], [404, "Task group load not found"]);
  }
  const { status, json } = await find("/api/v2/dags/~/dagRuns/~");
  t.deepEqual([status, json.detail], [400, "The filter 'task_group_id' is of one DAG, and the path names none"]);
});

/** Filters of Airflow's that Daisy does not have. */
const REFUSED: readonly (readonly [path: string, names: readonly string[]])[] = [
  [
    "/api/v2/dags",
    [
      ...["is_favorite", "bundle_name", "bundle_version", "timetable_type"],
      ...["dag_id_prefix_pattern", "dag_display_name_prefix_pattern"],
    ],
  ],
  [
    OF_TRIPS,
    [
      ...["updated_at_gte", "updated_at_gt", "updated_at_lte", "updated_at_lt", "bundle_version", "cursor"],
      ...["partition_key_pattern", "consuming_asset_pattern", "run_id_prefix_pattern", "dag_id_prefix_pattern"],
      ...["triggering_user_name_prefix_pattern", "partition_key_prefix_pattern"],
    ],
  ],
  [
    `${OF_TRIPS}/~/taskInstances`,
    [
      ...["executor", "updated_at_gte", "updated_at_lt", "cursor", "run_id_prefix_pattern", "dag_id_prefix_pattern"],
      ...["pool_name_prefix_pattern", "queue_name_prefix_pattern", "operator_name_prefix_pattern"],
      ...["task_display_name_prefix_pattern", "rendered_map_index_prefix_pattern"],
    ],
  ],
  [`${OF_TRIPS}/${R1.replaceAll("+", "%2B")}/taskInstances/load/listMapped`, ["executor", "updated_at_gte"]],
  [ALL_XCOMS, ["xcom_key_prefix_pattern", "run_id_prefix_pattern", "task_id_prefix_pattern"]],
  ["/api/v2/dags/~/dagRuns/~/hitlDetails", ["dag_id_prefix_pattern", "task_id_prefix_pattern"]],
  ["/api/v2/dags/~/dagVersions", ["bundle_name", "bundle_version"]],
  ["/api/v2/importErrors", ["bundle_name", "filename_prefix_pattern"]],
  ["/api/v2/assets", ["name_prefix_pattern", "uri_prefix_pattern"]],
  ["/api/v2/assets/aliases", ["name_prefix_pattern"]],
  ["/api/v2/assets/events", ["name_prefix_pattern"]],
  ["/api/v2/connections", ["connection_id_prefix_pattern"]],
  ["/api/v2/pools", ["pool_name_prefix_pattern"]],
  ["/api/v2/variables", ["variable_key_prefix_pattern"]],
];

for (const [path, names] of REFUSED) {
  test(`refused instead of ignored: ${names.join(", ")} of ${path}`, async (t) => {
    for (const name of names) {
      const { status, json } = await server.call("GET", `${path}?${name}=x`);
      t.deepEqual([status, json], [400, { detail: `The filter '${name}' is not supported by Daisy` }]);
    }
  });
}

test("a batch refuses the filters in its body too", async (t) => {
  const { status, json } = await server.call("POST", "/api/v2/dags/~/dagRuns/~/taskInstances/list", {
    executor: ["CeleryExecutor"],
  });
  t.deepEqual([status, json], [400, { detail: "The filter 'executor' is not supported by Daisy" }]);
});

test("what Airflow does not have either is ignored", async (t) => {
  const { status, json } = await server.call("GET", `${OF_TRIPS}?colour=red`);
  t.deepEqual([status, json.total_entries], [200, 2]);
});
