import test from "ava";
import { createBackfill } from "#core/database/create-backfill.ts";
import { nextRunOf } from "#core/timetable/next-run.ts";
import { Asset, Dag } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";
import { sideBySide, storeDag } from "../core/database/dag-fixture.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };
const LINKS = { airflow: "https://example.com/team" };
let server: TestServer;

test.before(async () => {
  server = await serve({});
  const spec = { schedule: "@daily", startDate: new Date("2024-01-01"), ownerLinks: LINKS } as const;
  await storeDag(server.database, "by_itself", sideBySide("t"), { ...spec, allowedRunTypes: ["scheduled"] });
  await storeDag(server.database, "by_hand", sideBySide("t"), { ...spec, allowedRunTypes: ["manual"] });
});
test.after.always(() => server?.[Symbol.asyncDispose]());

const trigger = (dagId: string) =>
  fetch(`${server.url}/api/v2/dags/${dagId}/dagRuns`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ logical_date: null }),
  });

test("a run of a kind that the DAG does not allow is refused, another is created", async (t) => {
  const refused = await trigger("by_itself");
  t.is(refused.status, 400);
  t.like(await refused.json(), { detail: "Dag with dag_id: 'by_itself' does not allow manual runs" });
  t.is((await trigger("by_hand")).status, 200);
});

test("a backfill is refused as a whole", async (t) => {
  const wish = { dagId: "by_hand", from: new Date("2024-01-01"), to: new Date("2024-01-03") };
  await t.throwsAsync(createBackfill(server.database, wish), {
    code: "RUN_TYPE_NOT_ALLOWED",
    message: "Dag with dag_id: 'by_hand' does not allow backfill runs",
  });
  const { rows } = await server.database.query("select 1 from backfill");
  t.deepEqual(rows, []);
});

test("a DAG's details tell what it allows, and its owners' links", async (t) => {
  const details = await fetch(`${server.url}/api/v2/dags/by_hand/details`);
  t.like(await details.json(), { allowed_run_types: ["manual"], owner_links: LINKS });
});

test("the schedule of a DAG that allows no scheduled runs is never due", (t) => {
  const startDate = new Date("2024-01-01");
  const dag = new Dag("d", { schedule: "@daily", startDate, allowedRunTypes: ["manual"] });
  const question = { last: null, promised: null, catchupByDefault: true, now: new Date("2024-02-01") };
  t.is(nextRunOf({ ...question, dag: serializeDag(dag, FILE).dag }), null);
});

test("assets start no run of a DAG that does not allow it, and keep no events for it", async (t) => {
  const asset = new Asset({ name: "rows" });
  const declare = (dag: Dag) => void dag.task("t", async () => 1, { outlets: asset })();
  await storeDag(server.database, "waits", declare, { schedule: asset, allowedRunTypes: ["manual"] });
  const { rows } = await server.database.query(
    `select asset_expression, (select count(*)::int from dag_schedule_asset_reference where dag_id = 'waits') as awaited,
            (select count(*)::int from task_outlet_asset_reference where dag_id = 'waits') as outlets
       from dag where dag_id = 'waits'`,
  );
  t.deepEqual(rows, [{ asset_expression: null, awaited: 0, outlets: 1 }]);
});
