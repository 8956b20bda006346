import test from "ava";
import { type Bench, startBench } from "#bench/harness.ts";
import { startRun, untilEnded, untilSuccess } from "#bench/runs.ts";
import { setDagPaused } from "#core/database/dags.ts";
import { until } from "#test/helpers/until.ts";

let bench: Bench;
test.before(async () => {
  bench = await startBench();
  // Both schedulers see every event.
  bench.start("scheduler");
  await bench.writeDag("assets.ts", DAGS);
  await bench.untilDags(9);
});
test.after.always(() => bench?.[Symbol.asyncDispose]());

const DAGS = `
import { Asset, AssetAlias, assetAny, assetOrTime, Dag, events, getClient, getContext } from "daisy";
const [a, b, c] = ["a", "b", "c"].map((name) => new Asset({ name, uri: "s3://" + name }));
const made = new AssetAlias({ name: "made" });

const first = new Dag("first");
first.task("update", async () => { getContext().outletEvents(a).extra = { rows: 3 }; }, { outlets: a })();
first.task("fails", async () => { throw new Error("no"); }, { outlets: b })();
const second = new Dag("second");
second.task("update", async () => {}, { outlets: [b] })();
const makes = new Dag("makes");
makes.task("update", async () => getContext().outletEvents(made).add(new Asset({ name: "new" }), { part: 1 }), { outlets: made })();

const place = (dag, handler = async () => undefined) => { dag.task("work", handler)(); return dag; };
const summary = async () =>
  (await getClient().getTriggeringAssetEvents()).map(({ asset, extra, sourceDagId }) => [asset.name, extra, sourceDagId]);
place(new Dag("both", { schedule: [a, b] }), summary);
place(new Dag("either", { schedule: assetAny(b, c) }), summary);
place(new Dag("paused", { schedule: a }), summary);
place(new Dag("of_alias", { schedule: made }), summary);
place(new Dag("or_time", { schedule: assetOrTime(events([new Date("2020-01-01")]), a), startDate: new Date("2019-01-01"), catchup: true }), summary);

const state = new Dag("state");
state.task("counts", async () => {
  const store = getClient().assetStateStore.forAsset(a);
  const nowhere = getClient().assetStateStore.forAsset(Asset.ref({ name: "nowhere" }));
  await store.set("n", { seen: [1] });
  await getClient().assetStateStore.forAsset(Asset.ref({ uri: "s3://a" })).set("gone", 1);
  await store.delete("gone");
  await store.delete("gone");
  const refused = [];
  const attempts = [
    () => getClient().assetStateStore.forAsset({ name: "a" }),
    () => store.get(""),
    () => store.set("n", null),
    () => nowhere.set("n", 1),
  ];
  for (const attempt of attempts) {
    try { await attempt(); } catch (error) { refused.push(error.name + ": " + error.message); }
  }
  return {
    n: await getClient().assetStateStore.forAsset(Asset.ref({ name: "a" })).get("n"),
    gone: await store.get("gone"),
    nowhere: await nowhere.get("n"),
    inlet: (await getClient().getInletEvents(a)).length > 0,
    refused,
  };
}, { inlets: a })();
`;

interface Run {
  readonly id: number;
  readonly run_type: string;
  readonly run_id: string;
  readonly events: unknown;
}

/** The runs of a DAG, with what their only task says of the events that they are for. */
async function runsOf(dagId: string): Promise<Run[]> {
  const { rows } = await bench.database.query<Run>(
    `select r.id, run_type, run_id, x.value as events from dag_run r left join xcom x on x.dag_run_id = r.id
      where dag_id = $1 order by r.id`,
    [dagId],
  );
  return rows;
}

function untilRuns(dagId: string, count: number): Promise<Run[]> {
  return until(`${dagId} has ${count} runs that say what they are for`, async () => {
    const runs = await runsOf(dagId);
    return runs.length >= count && runs.every((run) => run.events !== null) && runs;
  });
}

test.serial(
  "runs are created for the events of tasks that succeed, once with two schedulers, and get the events",
  async (t) => {
    await setDagPaused(bench.database, "paused", true);
    const id = await startRun(bench.database, "first");
    const timed = await untilRuns("or_time", 2);
    t.deepEqual(timed.map(({ run_type, events }) => [run_type, events]).toSorted(), [
      ["asset_triggered", [["a", { rows: 3 }, "first"]]],
      ["scheduled", []],
    ]);
    await untilEnded(bench.database, [id], 60_000);
    // The task that failed has updated nothing, so the DAG that waits for both goes on waiting.
    t.deepEqual([await runsOf("both"), await runsOf("either"), await runsOf("paused")], [[], [], []]);

    await untilSuccess(bench.database, [await startRun(bench.database, "second")], 60_000);
    const [both] = await untilRuns("both", 1);
    t.deepEqual(both!.events, [
      ["a", { rows: 3 }, "first"],
      ["b", {}, "second"],
    ]);
    t.regex(both!.run_id, /^asset_triggered__/);
    t.deepEqual((await untilRuns("either", 1))[0]!.events, [["b", {}, "second"]]);

    await setDagPaused(bench.database, "paused", false);
    t.deepEqual((await untilRuns("paused", 1))[0]!.events, [["a", { rows: 3 }, "first"]]);

    await untilSuccess(bench.database, [await startRun(bench.database, "makes")], 60_000);
    t.deepEqual((await untilRuns("of_alias", 1))[0]!.events, [["new", { part: 1 }, "makes"]]);

    // Nothing more was created, by whichever scheduler.
    const counts = await Promise.all(
      ["both", "either", "paused", "of_alias", "or_time"].map(async (dag) => (await runsOf(dag)).length),
    );
    t.deepEqual(counts, [1, 1, 1, 1, 2]);
  },
);

test.serial("a burst of events from many runs loses none and takes none twice", async (t) => {
  const ids = await Promise.all(Array.from({ length: 10 }, () => startRun(bench.database, "second")));
  await untilSuccess(bench.database, ids, 60_000);
  const rows = await until("all events are taken", async () => {
    const { rows } = await bench.database.query<{ run_id: string; times: number }>(
      `select e.source_run_id as run_id, count(*)::integer as times
         from dagrun_asset_event d join asset_event e on e.id = d.event_id join dag_run r on r.id = d.dag_run_id
        where r.dag_id = 'either' and e.source_dag_id = 'second' group by 1`,
    );
    return rows.length >= 11 && rows;
  });
  t.is(rows.length, 11);
  t.true(rows.every(({ times }) => times === 1));
});

test.serial("tasks keep values with assets", async (t) => {
  const id = await startRun(bench.database, "state");
  await untilSuccess(bench.database, [id], 60_000);
  const [run] = await runsOf("state");
  t.deepEqual(run!.events, {
    n: { seen: [1] },
    gone: null,
    nowhere: null,
    inlet: true,
    refused: [
      "TypeError: forAsset() expects an Asset or a reference from Asset.ref()",
      "TypeError: state store key must be a non-empty string",
      "TypeError: state store value must not be null or undefined",
      "Error: SetAssetStateStoreByName failed: ASSET_NOT_FOUND",
    ],
  });
});
