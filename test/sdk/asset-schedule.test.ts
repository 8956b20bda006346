import test from "ava";
import {
  Asset,
  AssetAlias,
  type AssetExpression,
  assetAll,
  assetAny,
  assetOrTime,
  cronTrigger,
  Dag,
  type DagSpec,
  type TaskOptions,
  type Timetable,
  triggerDagRun,
} from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const a = new Asset({ name: "a" });
const b = new Asset({ name: "b", uri: "s3://bucket/b", group: "model", extra: { team: "x" } });
const alias = new AssetAlias({ name: "made" });

const A = { __type: "asset", name: "a", uri: "a", group: "asset", extra: {} };
const B = { __type: "asset", name: "b", uri: "s3://bucket/b", group: "model", extra: { team: "x" } };
const ALIAS = { __type: "asset_alias", name: "made", group: "asset" };

function serialize(spec: DagSpec, task: TaskOptions = {}) {
  const dag = new Dag("d", spec);
  dag.task("t", async () => undefined, task)();
  return serializeDag(dag, { fileloc: "/dags/d.ts", relativeFileloc: "d.ts" }).dag;
}

const CONDITIONS: readonly [title: string, schedule: AssetExpression | AssetExpression[], condition: object][] = [
  ["an asset", a, A],
  ["an array, which means all", [a, b], { __type: "asset_all", objects: [A, B] }],
  ["assetAll", assetAll(a, b), { __type: "asset_all", objects: [A, B] }],
  ["assetAny", assetAny(a, b), { __type: "asset_any", objects: [A, B] }],
  [
    "nested conditions",
    assetAny(a, assetAll(b, alias)),
    { __type: "asset_any", objects: [A, { __type: "asset_all", objects: [B, ALIAS] }] },
  ],
  ["an alias", alias, ALIAS],
  ["a reference by name", Asset.ref({ name: "a" }), { __type: "asset_ref", name: "a" }],
  ["a reference by URI", Asset.ref({ uri: "s3://b" }), { __type: "asset_ref", uri: "s3://b" }],
];

for (const [title, schedule, asset_condition] of CONDITIONS) {
  test(`${title} as a schedule is Airflow's AssetTriggeredTimetable`, (t) => {
    t.deepEqual(serialize({ schedule }).timetable, {
      __type: "airflow.timetables.simple.AssetTriggeredTimetable",
      __var: { asset_condition },
    } as never);
  });
}

test("assetOrTime is Airflow's AssetOrTimeSchedule, with the settings of schedules by time", (t) => {
  const cron = (expression: string, timezone: string) => ({
    __type: "airflow.timetables.trigger.CronTriggerTimetable",
    __var: { expression, timezone, interval: 0, run_immediately: false },
  });
  const written = (spec: DagSpec) => serialize(spec).timetable as { __type: string; __var: object };
  t.deepEqual(written({ schedule: assetOrTime("@daily", [a, b]), timezone: "Europe/Zurich" }), {
    __type: "airflow.timetables.assets.AssetOrTimeSchedule",
    __var: {
      asset_condition: { __type: "asset_all", objects: [A, B] },
      timetable: cron("0 0 * * *", "Europe/Zurich"),
    },
  });
  t.like(written({ schedule: assetOrTime(cronTrigger("0 3 * * *", { timezone: "Asia/Tokyo" }), a) }), {
    __var: { asset_condition: A, timetable: cron("0 3 * * *", "Asia/Tokyo") },
  });
});

test("inlets and outlets are written in Airflow's form, and only when there are some", (t) => {
  const task = (options: TaskOptions) => serialize({}, options).tasks[0]!.__var;
  const { __type: _, ...content } = B;
  const { inlets, outlets } = task({ inlets: a, outlets: [b, alias, Asset.ref({ name: "c" })] });
  t.deepEqual(inlets, [{ __type: "asset", __var: { name: "a", uri: "a", group: "asset", extra: {} } }]);
  t.deepEqual(outlets as unknown, [
    { __type: "asset", __var: content },
    { __type: "asset_alias", __var: { name: "made", group: "asset" } },
    { __type: "asset_ref", __var: { name: "c" } },
  ]);
  t.deepEqual(
    Object.keys(task({ outlets: [] })).filter((key) => /lets$/.test(key)),
    [],
  );
});

test("dag_dependencies has what ties the DAG to others, each once and sorted as Airflow sorts", (t) => {
  const dag = new Dag("d", { schedule: assetAny(a, alias, Asset.ref({ uri: "s3://c" })) });
  dag.task("zz", triggerDagRun({ dagId: "other" }))();
  dag.task("one", async () => 1, { outlets: [b, new Asset({ name: "ä" })] })();
  dag.task("two", async () => 1, { outlets: [b] })();
  const tie = (source: string, target: string, dependency_type: string, label: string, dependency_id = label) => ({
    source,
    target,
    label,
    dependency_type,
    dependency_id,
  });
  t.deepEqual(serializeDag(dag, { fileloc: "", relativeFileloc: "" }).dag.dag_dependencies, [
    tie("asset", "d", "asset", "a", '{"name": "a", "uri": "a"}'),
    tie("asset-alias", "d", "asset-alias", "made"),
    tie("asset-uri-ref", "d", "asset-uri-ref", "s3://c"),
    tie("d", "asset", "asset", "b", '{"name": "b", "uri": "s3://bucket/b"}'),
    tie("d", "asset", "asset", "ä", '{"name": "\\u00e4", "uri": "\\u00e4"}'),
    tie("d", "other", "trigger", "zz"),
  ]);
});

const WRONG: readonly [make: () => unknown, message: string][] = [
  [() => serialize({ schedule: [] }), 'schedule for Dag "d" is an empty array; leave it unset instead'],
  [() => serialize({ schedule: [a, "b" as never] }), "all elements in 'schedule' must be assets"],
  [() => assetAll(), "assetAll(...) takes at least one asset"],
  [() => assetAny({} as never), "assetAny(...) takes assets, aliases, references and other conditions only"],
  [() => assetOrTime(assetOrTime("@daily", a), b), "cannot nest asset timetables"],
  [() => assetOrTime(5 as never, a), "assetOrTime takes a cron expression, a preset or a timetable first"],
  [() => assetOrTime("@daily", {} as never), "assetOrTime takes an asset, a condition or an array of them second"],
  [
    () => serialize({ schedule: assetOrTime("no", a) as Timetable }),
    'schedule "no" for Dag "d" is not a cron expression or a preset (@hourly, @daily, @weekly, @monthly, @quarterly, ' +
      "@yearly, @once, @continuous); a schedule the scheduler cannot parse would leave the Dag unschedulable",
  ],
  [
    () => serialize({}, { outlets: "a" as never }),
    'outlets for task "t" of Dag "d" must be an Asset, an AssetAlias, a reference from Asset.ref(), or an array of ' +
      'them, not the string "a"',
  ],
  [
    () => serialize({}, { outlets: new Asset({ name: "x", uri: "airflow://x" }) }),
    'task "t" of Dag "d" has the asset "x", with the URI "airflow://x", but the scheme "airflow" is reserved',
  ],
  [
    () => serialize({}, { inlets: new Asset({ name: "self" }) }),
    'task "t" of Dag "d" has the asset "self", but no asset can have this name',
  ],
  [
    () => serialize({ schedule: new Asset({ name: "x", extra: { when: new Date() as never } }) }),
    'schedule for Dag "d" has the asset "x", whose extra holds a Date, which JSON cannot carry',
  ],
  [() => new AssetAlias({ name: "" }), "AssetAlias name must be a non-empty string"],
];

for (const [make, message] of WRONG) {
  test(`refused: ${message}`, (t) => {
    t.is(t.throws(make)?.message, message);
  });
}
