import test from "ava";
import { Dag } from "#sdk/index.ts";
import { seedDag, seedRun } from "./helpers/seed.ts";
import { serve } from "./helpers/serve.ts";

const RANGE = { dag_id: "daily", from_date: "2024-01-01T00:00:00Z", to_date: "2024-01-03T00:00:00Z" };
const BACKFILLS = "/api/v2/backfills";

function daily(): Dag {
  const dag = new Dag("daily", { schedule: "@daily" });
  dag.task("t", async () => 1)();
  return dag;
}

test.serial("a backfill is tried dry, created, listed, paused, unpaused and cancelled as in Airflow", async (t) => {
  await using server = await serve();
  await seedDag(server.database, daily());
  await seedRun(server.database, "daily", "manual__2024-01-02T00:00:00+00:00", { t: "success" }, { state: "success" });
  const dry = await server.call("POST", `${BACKFILLS}/dry_run`, RANGE);
  t.deepEqual(
    [dry.status, dry.json],
    [
      200,
      {
        backfills: ["2024-01-01T00:00:00.000Z", "2024-01-03T00:00:00.000Z"].map((date) => ({
          logical_date: date,
          partition_key: null,
          partition_date: null,
        })),
        total_entries: 2,
      },
    ],
  );
  const { status, json: created } = await server.call("POST", BACKFILLS, { ...RANGE, max_active_runs: 2 });
  t.is(status, 200);
  const { created_at, updated_at, ...rest } = created;
  t.deepEqual(rest, {
    id: 1,
    dag_id: "daily",
    dag_display_name: "daily",
    from_date: "2024-01-01T00:00:00.000Z",
    to_date: "2024-01-03T00:00:00.000Z",
    dag_run_conf: null,
    is_paused: false,
    reprocess_behavior: "none",
    max_active_runs: 2,
    completed_at: null,
  });
  const again = await server.call("POST", BACKFILLS, RANGE);
  t.deepEqual([again.status, again.json], [409, { detail: "There is already a running backfill for dag daily" }]);
  t.deepEqual((await server.call("GET", `${BACKFILLS}/1`)).json, created);
  t.deepEqual((await server.call("GET", `${BACKFILLS}?dag_id=daily`)).json, { backfills: [created], total_entries: 1 });
  t.like((await server.call("GET", "/ui/backfills?dag_id=daily&active=true")).json.backfills[0], {
    id: 1,
    runs: 2,
    ended_runs: 0,
  });
  t.true((await server.call("PUT", `${BACKFILLS}/1/pause`)).json.is_paused);
  t.false((await server.call("PUT", `${BACKFILLS}/1/unpause`)).json.is_paused);
  t.not((await server.call("PUT", `${BACKFILLS}/1/cancel`)).json.completed_at, null);
  for (const change of ["pause", "unpause", "cancel"]) {
    const late = await server.call("PUT", `${BACKFILLS}/1/${change}`);
    t.deepEqual([late.status, late.json], [409, { detail: "Backfill is already completed." }]);
  }
  t.is((await server.call("GET", "/ui/backfills?dag_id=daily&active=true")).json.total_entries, 0);
});

test.serial("what cannot be a backfill is answered as in Airflow", async (t) => {
  await using server = await serve();
  await seedDag(server.database, daily());
  const { dag_id: _, ...nameless } = RANGE;
  const cases: readonly (readonly [
    method: string,
    path: string,
    body: object | undefined,
    status: number,
    detail: RegExp,
  ])[] = [
    ["POST", BACKFILLS, { ...RANGE, dag_id: "none" }, 404, /^"Could not find dag none"$/],
    ["POST", `${BACKFILLS}/dry_run`, { ...RANGE, dag_id: "none" }, 404, /Could not find dag none/],
    ["POST", BACKFILLS, nameless, 422, /"loc":\["body","dag_id"\],"msg":"Field required"/],
    ["POST", BACKFILLS, { ...RANGE, from_date: "yesterday" }, 422, /datetime/],
    ["POST", BACKFILLS, { ...RANGE, to_date: undefined }, 422, /"loc":\["body","to_date"\]/],
    ["POST", BACKFILLS, { ...RANGE, reprocess_behavior: "all" }, 422, /'failed', 'completed' or 'none'/],
    ["POST", BACKFILLS, { ...RANGE, max_active_runs: 0 }, 422, /greater than or equal to 1/],
    ["POST", BACKFILLS, { ...RANGE, dag_run_conf: [] }, 422, /valid dictionary/],
    ["POST", BACKFILLS, { ...RANGE, dags: [] }, 422, /Extra inputs are not permitted/],
    ["POST", BACKFILLS, { ...RANGE, from_date: "2999-01-01", to_date: "2999-01-02" }, 422, /future dates/],
    ["GET", BACKFILLS, undefined, 422, /"loc":\["query","dag_id"\]/],
    ["GET", `${BACKFILLS}/9`, undefined, 404, /Could not find backfill with id 9/],
    ["PUT", `${BACKFILLS}/9/pause`, undefined, 404, /Could not find backfill with id 9/],
    ["GET", `${BACKFILLS}/x`, undefined, 422, /valid integer/],
  ];
  for (const [method, path, body, status, detail] of cases) {
    const answer = await server.call(method, path, body);
    t.is(answer.status, status, `${method} ${path} ${JSON.stringify(body)} ${answer.text}`);
    t.regex(JSON.stringify(answer.json.detail), detail);
  }
});
