import test from "ava";
import { createAssetRun } from "#core/database/asset-runs.ts";
import { emitAssetEvents } from "#core/database/assets.ts";
import { transaction } from "#core/database/connect.ts";
import { DagStructures } from "#core/database/dag-versions.ts";
import { Asset, AssetAlias, assetAny } from "#sdk/index.ts";
import { sideBySide, storeDag } from "#test/core/database/dag-fixture.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

const orders = new Asset({ name: "orders", uri: "s3://shop/orders", extra: { token: "hunter2", team: "x" } });
const prices = new Asset({ name: "prices" });

let server: TestServer;
test.before(async () => {
  server = await serve();
  await storeDag(server.database, "load", (dag) =>
    dag.task("load", async () => 1, { outlets: orders, inlets: prices })(),
  );
  await storeDag(server.database, "report", sideBySide("t"), { schedule: assetAny(orders, prices) });
  await storeDag(server.database, "alias", sideBySide("t"), { schedule: new AssetAlias({ name: "made" }) });
});
test.after.always(() => server?.[Symbol.asyncDispose]());

const idOf = async (name: string): Promise<number> =>
  (await server.call("GET", `/api/v2/assets?name_pattern=${name}`)).json.assets[0].id;

test.serial("assets are listed with who has to do with them, secrets masked", async (t) => {
  const { json, text } = await server.call("GET", "/api/v2/assets?order_by=name");
  t.is(json.total_entries, 2);
  t.false(text.includes("hunter"));
  const [first, second] = json.assets;
  t.like(first, { name: "orders", uri: "s3://shop/orders", group: "asset", extra: { team: "x" }, watchers: [] });
  t.like(first.scheduled_dags[0], { dag_id: "report" });
  t.regex(first.scheduled_dags[0].created_at, /Z$/);
  t.like(first.producing_tasks[0], { dag_id: "load", task_id: "load" });
  t.deepEqual(first.last_asset_event, { id: null, timestamp: null });
  t.like(second.consuming_tasks[0], { dag_id: "load", task_id: "load" });
  const { json: one } = await server.call("GET", `/api/v2/assets/${first.id}`);
  t.deepEqual(one, first);
  const { json: ofDag } = await server.call("GET", "/api/v2/assets?dag_ids=load,nope");
  t.deepEqual(
    ofDag.assets.map((asset: { name: string }) => asset.name),
    ["orders"],
  );
  t.is((await server.call("GET", "/api/v2/assets/4711")).status, 404);
  t.is((await server.call("GET", "/api/v2/assets?order_by=extra")).status, 400);
});

test.serial("events are posted and queued, and a run tells which it was created for", async (t) => {
  const id = await idOf("orders");
  const { status, json: event } = await server.call("POST", "/api/v2/assets/events", {
    asset_id: id,
    extra: { rows: 3 },
  });
  t.is(status, 200);
  t.like(event, { asset_id: id, name: "orders", source_dag_id: null, source_map_index: -1, created_dagruns: [] });
  t.deepEqual(event.extra, { rows: 3, from_rest_api: true });
  const queued = { dag_id: "report", dag_display_name: "report", asset_id: id };
  const { json: ofDag } = await server.call("GET", "/api/v2/dags/report/assets/queuedEvents");
  t.like(ofDag, { total_entries: 1 });
  t.like(ofDag.queued_events[0], queued);
  t.like((await server.call("GET", `/api/v2/assets/${id}/queuedEvents`)).json.queued_events[0], queued);
  t.like((await server.call("GET", `/api/v2/dags/report/assets/${id}/queuedEvents`)).json, queued);

  const runId = await transaction(server.database, (tx) => createAssetRun(tx, "report", new DagStructures()));
  const { json: upstream } = await server.call(
    "GET",
    `/api/v2/dags/report/dagRuns/${encodeURIComponent(runId!)}/upstreamAssetEvents`,
  );
  t.is(upstream.total_entries, 1);
  t.like(upstream.asset_events[0].created_dagruns[0], {
    dag_id: "report",
    run_id: runId,
    state: "queued",
    logical_date: null,
  });
  const { json: run } = await server.call("GET", `/api/v2/dags/report/dagRuns/${encodeURIComponent(runId!)}`);
  t.like(run, { run_type: "asset_triggered", triggered_by: "asset", logical_date: null, data_interval_start: null });
  t.is((await server.call("GET", "/api/v2/dags/report/assets/queuedEvents")).status, 404);
});

test.serial("queued events can be thrown away", async (t) => {
  const id = await idOf("prices");
  for (const path of [`assets/${id}`, "dags/report/assets", `dags/report/assets/${id}`]) {
    await emitAssetEvents(server.database, [{ name: "prices", uri: "prices" }]);
    t.is((await server.call("DELETE", `/api/v2/${path}/queuedEvents`)).status, 204);
    t.is((await server.call("DELETE", `/api/v2/${path}/queuedEvents`)).status, 404);
  }
  const { json } = await server.call("GET", `/api/v2/dags/report/assets/${id}/queuedEvents`);
  t.is(json.detail, `Queued event with dag_id: \`report\` and asset_id: \`${id}\` was not found`);
});

const WRONG: readonly [body: unknown, status: number][] = [
  [{}, 422],
  [{ asset_id: "1" }, 422],
  [{ asset_id: 1, extra: [] }, 422],
  [{ asset_id: 1, what: 1 }, 422],
  [{ asset_id: 4711 }, 404],
];

test.serial("wrong events are refused", async (t) => {
  for (const [body, status] of WRONG) {
    t.is((await server.call("POST", "/api/v2/assets/events", body)).status, status, JSON.stringify(body));
  }
});

test.serial("an asset is materialized by a run of the one DAG that has it as an outlet", async (t) => {
  const { status, json } = await server.call("POST", `/api/v2/assets/${await idOf("orders")}/materialize`, {});
  t.is(status, 200);
  t.like(json, { dag_id: "load", run_type: "asset_materialization", triggered_by: "rest_api", logical_date: null });
  t.regex(json.dag_run_id, /^asset_materialization__/);
  t.is((await server.call("POST", `/api/v2/assets/${await idOf("prices")}/materialize`, {})).status, 404);
  await storeDag(server.database, "load_again", (dag) => dag.task("load", async () => 1, { outlets: orders })());
  t.is((await server.call("POST", `/api/v2/assets/${await idOf("orders")}/materialize`, {})).status, 409);
});

test.serial("aliases and what a DAG waits for are shown", async (t) => {
  const { json } = await server.call("GET", "/api/v2/assets/aliases");
  t.like(json, { total_entries: 1 });
  t.like(json.asset_aliases[0], { name: "made", group: "asset" });
  t.like((await server.call("GET", `/api/v2/assets/aliases/${json.asset_aliases[0].id}`)).json, { name: "made" });
  t.is((await server.call("GET", "/api/v2/assets/aliases/4711")).status, 404);
  const { json: dag } = await server.call("GET", "/api/v2/dags/report/details");
  t.like(dag, { timetable_summary: "Asset", timetable_description: "Triggered by assets" });
  t.deepEqual(dag.asset_expression, {
    any: [
      { asset: { uri: "s3://shop/orders", name: "orders", group: "asset" } },
      { asset: { uri: "prices", name: "prices", group: "asset" } },
    ],
  });
  t.is((await server.call("GET", "/api/v2/dags/load/details")).json.asset_expression, null);
});
