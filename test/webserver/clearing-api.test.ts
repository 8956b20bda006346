import test from "ava";
import type { Database } from "#core/database/connect.ts";
import { Dag } from "#sdk/index.ts";
import { seedDag, seedRun, seedVersion } from "./helpers/seed.ts";
import { type Answer, serve, type TestServer } from "./helpers/serve.ts";

const [R1, R2, R3] = [1, 2, 3].map((day) => `manual__2024-01-0${day}T00:00:00+00:00`) as [string, string, string];
const BROKEN = { extract: "success", load: "failed", report: "upstream_failed" } as const;
const DONE = { extract: "success", load: "success", report: "success" } as const;

/** extract → load → report. */
function etl(): Dag {
  const dag = new Dag("etl");
  const [extract, load, report] = ["extract", "load", "report"].map((id) => dag.task(id, () => undefined)());
  extract!.before(load!);
  load!.before(report!);
  return dag;
}

async function withServer(work: (server: TestServer, db: Database) => Promise<void>): Promise<void> {
  await using server = await serve();
  const db = server.database;
  await seedDag(db, etl());
  await seedRun(db, "etl", R1, DONE, { state: "success" });
  await seedRun(db, "etl", R2, BROKEN, { state: "failed" });
  await seedRun(db, "etl", R3, { extract: "running", load: null, report: null }, { state: "running" });
  await work(server, db);
}

const names = ({ json }: Answer): string[] =>
  json.task_instances.map((each: Record<string, string>) => `${each.dag_run_id!.slice(16, 18)} ${each.task_id}`);

async function statesOf(db: Database, runId: string): Promise<Record<string, string | null>> {
  const { rows } = await db.query<{ task_id: string; state: string | null }>(
    "select task_id, state from task_instance where run_id = $1",
    [runId],
  );
  return Object.fromEntries(rows.map((row) => [row.task_id, row.state]));
}

async function stateOfRun(db: Database, runId: string): Promise<string | undefined> {
  return (await db.query<{ state: string }>("select state from dag_run where run_id = $1", [runId])).rows[0]?.state;
}

const CLEAR = "/api/v2/dags/etl/clearTaskInstances";

test.serial("clearTaskInstances says by default which failed ones it would clear, and changes nothing", async (t) => {
  await withServer(async (server, db) => {
    const answer = await server.call("POST", CLEAR, {});
    t.is(answer.status, 200);
    t.deepEqual(names(answer), ["02 load", "02 report"]);
    t.is(answer.json.total_entries, 2);
    t.like(answer.json.task_instances[0], { state: "failed", dag_id: "etl", map_index: -1, note: null });
    t.deepEqual(await statesOf(db, R2), BROKEN);
    const { rows } = await db.query("select 1 from log where event = 'post_clear_task_instances'");
    t.is(rows.length, 0);
  });
});

test.serial("clearTaskInstances clears, and queues finished runs again unless told not to", async (t) => {
  await withServer(async (server, db) => {
    const answer = await server.call("POST", CLEAR, { dry_run: false, reset_dag_runs: false });
    t.deepEqual(
      answer.json.task_instances.map((each: { state: string | null }) => each.state),
      [null, null],
    );
    t.deepEqual(await statesOf(db, R2), { extract: "success", load: null, report: null });
    t.is(await stateOfRun(db, R2), "failed");
    await server.call("POST", CLEAR, { dry_run: false, only_failed: false, dag_run_id: R2, task_ids: ["extract"] });
    t.is(await stateOfRun(db, R2), "queued");
    t.is((await statesOf(db, R2)).extract, null);
  });
});

const SELECTIONS: readonly (readonly [body: object, chosen: readonly string[]])[] = [
  [{ task_ids: ["load"] }, ["01 load", "02 load", "03 load"]],
  [{ task_ids: [["load", -1]], dag_run_id: R1 }, ["01 load"]],
  [{ task_ids: ["load"], dag_run_id: R2, include_downstream: true }, ["02 load", "02 report"]],
  [{ task_ids: ["load"], dag_run_id: R2, include_upstream: true }, ["02 extract", "02 load"]],
  [{ task_ids: ["load"], dag_run_id: R2, include_past: true }, ["01 load", "02 load"]],
  [{ task_ids: ["load"], dag_run_id: R2, include_future: true }, ["02 load", "03 load"]],
  [{ task_ids: ["load"], start_date: "2024-01-02T00:00:00Z" }, ["02 load", "03 load"]],
  [{ task_ids: ["load"], start_date: "2024-01-02T00:00:00Z", end_date: "2024-01-02T00:00:00Z" }, ["02 load"]],
  [{ only_running: true }, ["03 extract"]],
];

test.serial("clearTaskInstances chooses by tasks, runs, dates and states", async (t) => {
  await withServer(async (server) => {
    for (const [body, chosen] of SELECTIONS) {
      const answer = await server.call("POST", CLEAR, { only_failed: false, ...body });
      t.deepEqual(names(answer), chosen, JSON.stringify(body));
    }
  });
});

const REFUSED: readonly (readonly [method: string, path: string, body: unknown, status: number, detail: RegExp])[] = [
  ["POST", CLEAR, { only_failed: true, only_running: true }, 422, /only_failed and only_running both are set to True/],
  ["POST", CLEAR, { dag_run_id: R1, start_date: "2024-01-01T00:00:00Z" }, 422, /one of dag_run_id or start_date must/],
  ["POST", CLEAR, { dag_run_id: R1, end_date: "2024-01-01T00:00:00Z" }, 422, /one of dag_run_id or end_date must/],
  ["POST", CLEAR, { start_date: "2024-01-02T00:00:00Z", end_date: "2024-01-01T00:00:00Z" }, 422, /end_date is sooner/],
  ["POST", CLEAR, { task_ids: [] }, 422, /task_ids list should have at least 1 element/],
  ["POST", CLEAR, { task_ids: "load" }, 422, /valid list/],
  ["POST", CLEAR, { task_ids: [["load"]] }, 422, /pair of a task id and a map index/],
  ["POST", CLEAR, { task_ids: ["lo\0ad"] }, 422, /task id/],
  ["POST", CLEAR, { dry_run: "no" }, 422, /valid boolean/],
  ["POST", CLEAR, { include_subdags: true }, 422, /Extra inputs are not permitted/],
  ["POST", CLEAR, { dag_run_id: "none" }, 404, /Dag Run id none not found in dag etl/],
  ["POST", "/api/v2/dags/none/clearTaskInstances", {}, 404, /The Dag with ID: `none` was not found/],
  [
    "POST",
    CLEAR,
    { dry_run: false, only_failed: false, dag_run_id: R3, prevent_running_task: true },
    409,
    /Disable 'prevent_running_task'/,
  ],
  ["POST", "/api/v2/dags/etl/dagRuns/none/clear", {}, 404, /The DagRun with dag_id: `etl` and run_id: `none`/],
  ["PATCH", "/api/v2/dags/etl/dagRuns/none", { state: "failed" }, 404, /The DagRun with dag_id/],
  ["PATCH", `/api/v2/dags/etl/dagRuns/${R1}`, { state: "running" }, 422, /'queued', 'success' or 'failed'/],
  ["PATCH", `/api/v2/dags/etl/dagRuns/${R1}`, { note: "x".repeat(1001) }, 422, /at most 1000 characters/],
  ["PATCH", `/api/v2/dags/etl/dagRuns/${R1}`, { conf: {} }, 422, /Extra inputs/],
  ["DELETE", "/api/v2/dags/etl/dagRuns/none", undefined, 404, /The DagRun with dag_id/],
  ["DELETE", `/api/v2/dags/etl/dagRuns/${R3}`, undefined, 409, /cannot be deleted in running state/],
  ["PATCH", `/api/v2/dags/etl/dagRuns/${R1}/taskInstances/none`, { new_state: "failed" }, 404, /map_index: `None`/],
  ["PATCH", `/api/v2/dags/etl/dagRuns/${R1}/taskInstances/load/3`, { new_state: "failed" }, 404, /map_index: `3`/],
  [
    "PATCH",
    `/api/v2/dags/etl/dagRuns/${R1}/taskInstances/load`,
    { new_state: "running" },
    422,
    /is not one of \['succ/,
  ],
  ["PATCH", `/api/v2/dags/etl/dagRuns/${R1}/taskInstances/load`, { new_state: null }, 422, /should not be empty/],
  [
    "PATCH",
    `/api/v2/dags/etl/dagRuns/${R1}/taskInstances/load`,
    { new_state: "success" },
    409,
    /Task id load is already in success state/,
  ],
  ["DELETE", `/api/v2/dags/etl/dagRuns/${R1}/taskInstances/none`, undefined, 404, /The Task Instance with dag_id/],
  ["DELETE", "/api/v2/dags/none", undefined, 404, /The Dag with ID: `none` was not found/],
  ["DELETE", "/api/v2/dags/etl", undefined, 409, /Task instances of dag with id: 'etl' are still running/],
];

test.serial("what cannot be cleared, marked or deleted is refused with the reason", async (t) => {
  await withServer(async (server) => {
    for (const [method, path, body, status, detail] of REFUSED) {
      const answer = await server.call(method, path, body);
      const what = `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`;
      t.is(answer.status, status, what);
      t.regex(JSON.stringify(answer.json.detail), detail, what);
    }
  });
});

test.serial("a run is cleared as a whole, or where it failed", async (t) => {
  await withServer(async (server, db) => {
    const path = `/api/v2/dags/etl/dagRuns/${R2}/clear`;
    t.deepEqual(names(await server.call("POST", path, {})), ["02 extract", "02 load", "02 report"]);
    t.deepEqual(names(await server.call("POST", path, { only_failed: true })), ["02 load", "02 report"]);
    t.deepEqual(await statesOf(db, R2), BROKEN);
    const answer = await server.call("POST", path, { dry_run: false, only_failed: true });
    t.is(answer.status, 200);
    t.like(answer.json, { dag_run_id: R2, state: "queued", start_date: null, end_date: null });
    t.deepEqual(await statesOf(db, R2), { extract: "success", load: null, report: null });
  });
});

test.serial("a run can be cleared into the latest version of its DAG", async (t) => {
  await withServer(async (server, db) => {
    const changed = etl();
    changed.task("publish", () => undefined)();
    await seedVersion(db, changed);
    const body = { dry_run: false, run_on_latest_version: true };
    const answer = await server.call("POST", `/api/v2/dags/etl/dagRuns/${R2}/clear`, body);
    t.is(answer.json.dag_versions[0].version_number, 2);
    t.deepEqual(await statesOf(db, R2), { extract: null, load: null, report: null, publish: null });
  });
});

test.serial("a run is marked, and has a note", async (t) => {
  await withServer(async (server, db) => {
    const path = `/api/v2/dags/etl/dagRuns/${R3}`;
    t.like((await server.call("PATCH", path, { note: "looked at it" })).json, {
      note: "looked at it",
      state: "running",
    });
    const masked = await server.call("PATCH", `${path}?update_mask=note`, { state: "success", note: "again" });
    t.like(masked.json, { note: "again", state: "running" });
    t.like((await server.call("PATCH", path, { state: "failed" })).json, { state: "failed", note: "again" });
    t.deepEqual(await statesOf(db, R3), { extract: "failed", load: "skipped", report: "skipped" });
    t.like((await server.call("PATCH", path, { state: "success", note: null })).json, { state: "success", note: null });
    t.deepEqual(await statesOf(db, R3), DONE);
    t.like((await server.call("PATCH", path, { state: "queued" })).json, { state: "queued", end_date: null });
  });
});

test.serial("a task instance is marked, and what failed below it goes on", async (t) => {
  await withServer(async (server, db) => {
    const path = `/api/v2/dags/etl/dagRuns/${R2}/taskInstances/load`;
    const said = await server.call("PATCH", `${path}/dry_run`, { new_state: "success", include_past: true });
    t.deepEqual(names(said), ["02 load"], "it succeeded in the earlier run already");
    const far = { new_state: "failed", include_downstream: true, include_past: true };
    t.deepEqual(names(await server.call("PATCH", `${path}/dry_run`, far)), ["01 load", "01 report", "02 report"]);
    t.deepEqual(await statesOf(db, R2), BROKEN);
    const answer = await server.call("PATCH", path, { new_state: "success", note: "loaded by hand" });
    t.is(answer.status, 200);
    t.deepEqual(names(answer), ["02 load"]);
    t.like(answer.json.task_instances[0], { state: "success", note: "loaded by hand" });
    t.deepEqual(await statesOf(db, R2), { extract: "success", load: "success", report: null });
    t.is(await stateOfRun(db, R2), "queued");
    t.is((await server.call("PATCH", `${path}/-1`, { new_state: "Skipped" })).json.task_instances[0].state, "skipped");
    t.is((await server.call("GET", path)).json.note, "loaded by hand");
  });
});

test.serial("runs, task instances and DAGs are deleted", async (t) => {
  await withServer(async (server, db) => {
    const load = `/api/v2/dags/etl/dagRuns/${R1}/taskInstances/load`;
    const deleted = await server.call("DELETE", load);
    t.deepEqual([deleted.status, deleted.json], [200, null]);
    t.is((await server.call("GET", load)).status, 404);
    t.is((await server.call("DELETE", `/api/v2/dags/etl/dagRuns/${R1}`)).status, 204);
    t.is((await server.call("GET", `/api/v2/dags/etl/dagRuns/${R1}`)).status, 404);
    await server.call("PATCH", `/api/v2/dags/etl/dagRuns/${R3}`, { state: "failed" });
    t.is((await server.call("DELETE", "/api/v2/dags/etl")).status, 204);
    t.is((await server.call("GET", "/api/v2/dags/etl")).status, 404);
    t.is((await db.query("select 1 from task_instance")).rowCount, 0);
    const { rows } = await db.query("select event from log order by id");
    t.deepEqual(
      rows.map((row) => row.event),
      ["delete_task_instance", "delete_dag_run", "patch_dag_run", "delete_dag"],
    );
  });
});
