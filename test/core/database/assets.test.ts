import test from "ava";
import { createAssetRun, listDueAssetDags } from "#core/database/asset-runs.ts";
import { emitAssetEvents } from "#core/database/assets.ts";
import { deletePastRows } from "#core/database/clean.ts";
import { transaction } from "#core/database/connect.ts";
import { DagStructures } from "#core/database/dag-versions.ts";
import { setDagPaused } from "#core/database/dags.ts";
import { storeVanishedFile } from "#scheduler/dag-files/store-parsed-file.ts";
import { Asset, AssetAlias, assetAny, type DagSpec } from "#sdk/index.ts";
import { createTestDatabase, type TestDatabase } from "#test/helpers/database.ts";
import { sideBySide, storeDag } from "./dag-fixture.ts";

let own: TestDatabase;
test.before(async () => {
  own = await createTestDatabase();
});
test.after.always(() => own?.[Symbol.asyncDispose]());

const db = () => own.database;
const consumer = (dagId: string, schedule: DagSpec["schedule"], more: DagSpec = {}) =>
  storeDag(db(), dagId, sideBySide("t"), { schedule, ...more });
const emit = (...names: readonly string[]) =>
  emitAssetEvents(
    db(),
    names.map((name) => ({ name, uri: name })),
  );
const create = (dagId: string) => transaction(db(), (tx) => createAssetRun(tx, dagId, new DagStructures()));

async function rowsOf<R extends object>(sql: string, ...values: unknown[]): Promise<R[]> {
  return (await db().query<R>(sql, values)).rows;
}

async function isActive(name: string): Promise<boolean> {
  const [row] = await rowsOf<{ active: boolean }>(
    "select is_active_asset(id) as active from asset where name = $1",
    name,
  );
  return row!.active;
}

test("a run is due when all assets of an array have had an event, and takes the events of its own only", async (t) => {
  const [x, y] = [new Asset({ name: "x1" }), new Asset({ name: "y1" })];
  await consumer("all_of_two", [x, y]);
  await emit("x1", "x1");
  t.is(await create("all_of_two"), null);
  await emit("y1");
  t.true((await listDueAssetDags(db())).due.includes("all_of_two"));
  const runId = await create("all_of_two");
  t.regex(runId!, /^asset_triggered__\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00_[A-Za-z0-9]{8}$/);
  const [run] = await rowsOf("select * from dag_run where dag_id = 'all_of_two'");
  t.like(run, {
    run_type: "asset_triggered",
    triggered_by: "asset",
    state: "queued",
    logical_date: null,
    data_interval_start: null,
    data_interval_end: null,
  });
  const consumed = await rowsOf<{ name: string }>(
    `select a.name from dagrun_asset_event d join asset_event e on e.id = d.event_id join asset a on a.id = e.asset_id
       join dag_run r on r.id = d.dag_run_id and r.run_id = $1
      order by e.id`,
    runId,
  );
  t.deepEqual(
    consumed.map(({ name }) => name),
    ["x1", "x1", "y1"],
  );
  t.is(await create("all_of_two"), null);
  // The next run needs one event of each again.
  await emit("y1");
  t.is(await create("all_of_two"), null);
});

test("of many that create a DAG's run at once, one does", async (t) => {
  await consumer("once", new Asset({ name: "x2" }));
  await emit("x2");
  const runs = await Promise.all(Array.from({ length: 6 }, () => create("once")));
  t.is(runs.filter((run) => run !== null).length, 1);
});

test("a paused DAG keeps its events, and so does one with max_active_runs runs", async (t) => {
  await consumer("held", new Asset({ name: "x3" }), { maxActiveRuns: 1 });
  await setDagPaused(db(), "held", true);
  await emit("x3");
  t.is(await create("held"), null);
  await setDagPaused(db(), "held", false);
  t.not(await create("held"), null);
  await emit("x3");
  t.is(await create("held"), null);
  t.true((await listDueAssetDags(db())).areSomeFull);
  await db().query("update dag_run set state = 'success' where dag_id = 'held'");
  t.not(await create("held"), null);
});

test("an alias's consumers get the events of assets that were added to it, which are created on the way", async (t) => {
  await consumer("of_alias", new AssetAlias({ name: "m4" }));
  await emitAssetEvents(db(), [
    { name: "new4", uri: "s3://new4", group: "model", aliases: ["m4"], extra: { rows: 3 } },
  ]);
  t.true(await isActive("new4"));
  t.not(await create("of_alias"), null);
  const [asset] = await rowsOf("select uri, \"group\" from asset where name = 'new4'");
  t.deepEqual(asset, { uri: "s3://new4", group: "model" });
  // An event of the asset that did not come under the alias is none of the alias.
  await emitAssetEvents(db(), [{ name: "new4", uri: "s3://new4" }]);
  t.is(await create("of_alias"), null);
});

test("references by name and by URI mean the active asset, and an event of what nobody declares is dropped", async (t) => {
  const asset = new Asset({ name: "x5", uri: "s3://x5" });
  await consumer("by_name", Asset.ref({ name: "x5" }));
  await consumer("by_uri", Asset.ref({ uri: "s3://x5" }));
  t.deepEqual(await emitAssetEvents(db(), [{ name: "x5" }]), []);
  await storeDag(db(), "producer5", (dag) => dag.task("t", async () => 1, { outlets: asset })());
  t.is((await emitAssetEvents(db(), [{ name: "x5" }])).length, 1);
  t.not(await create("by_name"), null);
  t.not(await create("by_uri"), null);
});

test("what DAGs say of assets follows their versions, and what nobody names any more is inactive", async (t) => {
  const [x, y] = [new Asset({ name: "x6" }), new Asset({ name: "y6" })];
  const producer = (outlets: Asset[], inlets: Asset[] = []) =>
    storeDag(db(), "producer6", (dag) => dag.task("t", async () => 1, { outlets, inlets })());
  await producer([x], [y]);
  t.deepEqual([await isActive("x6"), await isActive("y6")], [true, true]);
  await producer([y]);
  t.deepEqual([await isActive("x6"), await isActive("y6")], [false, true]);
  await consumer("consumer6", assetAny(x, y));
  t.true(await isActive("x6"));
  await emit("x6", "y6");
  await consumer("consumer6", y);
  const queued = await rowsOf(
    "select name from asset_dag_run_queue q join asset on asset.id = q.asset_id where target_dag_id = 'consumer6'",
  );
  t.deepEqual(queued, [{ name: "y6" }]);
  await storeVanishedFile(db(), "producer6.ts");
  await storeVanishedFile(db(), "consumer6.ts");
  t.false(await isActive("y6"));
  // The asset and its events stay.
  t.is((await rowsOf("select from asset_event e join asset a on a.id = e.asset_id where name = 'y6'")).length, 1);
  await storeDag(db(), "producer6", sideBySide("t"));
  t.deepEqual(await rowsOf("select from task_outlet_asset_reference where dag_id = 'producer6'"), []);
});

test("an asset's extra and group are those that were declared last", async (t) => {
  await consumer("seven", new Asset({ name: "x7", group: "one", extra: { a: 1 } }));
  await consumer("seven", new Asset({ name: "x7", group: "two", extra: { a: 2 } }));
  t.deepEqual(await rowsOf(`select "group", extra from asset where name = 'x7'`), [{ group: "two", extra: { a: 2 } }]);
});

test("old events can be cleaned away, but not those that a DAG has not had a run for", async (t) => {
  await consumer("cleaned", new Asset({ name: "x8" }));
  await emit("x8");
  await create("cleaned");
  await emit("x8");
  await db().query(
    "update asset_event set timestamp = '2020-01-01' where asset_id = (select id from asset where name = 'x8')",
  );
  await transaction(db(), (tx) =>
    deletePastRows(tx, { table: "asset_event", before: new Date("2021-01-01"), archive: null }),
  );
  const left = await rowsOf(
    `select (e.id = q.event_id) as queued from asset_event e join asset a on a.id = e.asset_id and a.name = 'x8'
       left join asset_dag_run_queue q on q.event_id = e.id`,
  );
  t.deepEqual(left, [{ queued: true }]);
});
