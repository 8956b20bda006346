import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { Dag } from "#sdk/dag.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { seedDag, seedRun } from "#test/webserver/helpers/seed.ts";
import { makeHome, runAirflow } from "./helpers/run-airflow.ts";

const LOCAL = `
import { existsSync, writeFileSync } from "node:fs";
import { bash, Dag, getClient, getContext, sensor } from "daisy";

const dag = new Dag("local", {
  schedule: "@daily",
  startDate: new Date("2024-01-01"),
  onSuccessCallback: () => console.log("the whole run is done"),
});
const list = dag.task("list", async () => [1, 2, 3])();
const double = dag.task("double", async ({ item }: { item: number }) => 2 * item).expand({ item: list });
const sum = dag.task("sum", async ({ items }: { items: number[] }) => {
  const unit = await getClient().getVariable("unit");
  console.log(\`sum \${[...items].reduce((a, b) => a + b, 0)} \${unit} \${JSON.stringify(getContext().params)}\`);
});
dag.task("total", async ({ items }: { items: number[] }) => console.log("total", ...items))({ items: list });
const mark = process.env.AIRFLOW_HOME + "/poked";
const poke = async () => existsSync(mark) || void writeFileSync(mark, "") || false;
const wait = dag.task("wait", sensor(poke, { mode: "reschedule", pokeInterval: 1 }))();
sum({ items: double }).after(wait);
dag.task("say", bash({ bashCommand: "echo {{ ds }} {{ params.word }}" }), { params: { word: "hello" } })();

const broken = new Dag("failing");
broken.task("fail", async () => { throw new Error("on purpose"); }, { retries: 1, retryDelay: 0.1 })();
const never = broken.task("never_there", sensor(async () => false))();
broken.task("after", async () => console.log("came after"))().after(never);
`;

const RUN = "manual__2024-01-07T00:00:00+00:00";

type Place = Awaited<ReturnType<typeof setUp>>;

async function setUp() {
  const owner = await createTestDatabase();
  const folder = await makeHome();
  await mkdir(path.join(folder.home, "dags"));
  await writeFile(path.join(folder.home, "dags", "local.ts"), LOCAL);
  await owner.database.query("insert into variable (key, value, is_encrypted) values ('unit', 'apples', false)");
  const env = {
    AIRFLOW_HOME: folder.home,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: owner.url,
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
  };
  return {
    owner,
    env,
    run: (line: string) => runAirflow(line.split(" "), env),
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]();
      await owner[Symbol.asyncDispose]();
    },
  };
}

const countRuns = async (place: Place) => {
  const { rows } = await place.owner.database.query<{ count: number }>("select count(*) from dag_run");
  return rows[0]!.count;
};

test("dags test runs a whole DAG, prints its tasks' logs, and leaves the database as it was", async (t) => {
  await using place = await setUp();
  const outcome = await place.run('dags test local 2024-01-05 -c {"a":1}');
  t.is(outcome.code, 0, outcome.stdout + outcome.stderr);
  for (const text of [
    'sum 12 apples {"a":1}',
    "2024-01-05 hello",
    "Rescheduling task",
    "the whole run is done",
    "Marking task as SUCCESS. dag_id=local, task_id=say",
    "DagRun Finished: dag_id=local, logical_date=2024-01-05T00:00:00+00:00, run_id=manual__2024-01-05T00:00:00+00:00",
    "state=success, run_type=manual",
  ]) {
    t.true(outcome.stdout.includes(text), `${text}\n${outcome.stdout}`);
  }
  t.is(await countRuns(place), 0);
});

test("dags test of a run that fails ends with 1; tasks that match the pattern succeed without running", async (t) => {
  await using place = await setUp();
  const outcome = await place.run("dags test failing --mark-success-pattern ^never");
  t.is(outcome.code, 1, outcome.stdout + outcome.stderr);
  t.is(outcome.stdout.split("Error: on purpose").length - 1, 2, "both tries are seen");
  t.true(outcome.stdout.includes("came after"), outcome.stdout);
  t.true(outcome.stderr.includes("DagRun failed"), outcome.stderr);
});

test("tasks test runs one task, once, on what a run that is there has pushed", async (t) => {
  await using place = await setUp();
  const { database } = place.owner;
  const dag = new Dag("local");
  for (const id of ["list", "total"]) dag.task(id, async () => undefined)();
  await seedDag(database, dag);
  await seedRun(database, "local", RUN, { list: "success", total: "failed" });
  await database.query(
    "insert into xcom (dag_run_id, task_id, key, value) select id, 'list', 'return_value', '[5, 6]' from dag_run",
  );
  for (const [line, code, printed, complaint] of [
    [`tasks test local total ${RUN}`, 0, "total 5 6", ""],
    ["test failing fail 2024-01-05", 1, "Starting attempt 1 of 1", "Task fail ended as failed"],
    ['tasks test local say 2024-01-05 -n -t {"word":"bye"}', 0, "echo 2024-01-05 bye", ""],
    ["tasks test local none", 1, "", "Task none not found in dag local"],
    ["tasks test local total manual__other", 1, "", "DagRun for local with run_id"],
  ] as const) {
    const outcome = await place.run(line);
    t.is(outcome.code, code, `${line}: ${outcome.stdout}${outcome.stderr}`);
    t.true(outcome.stdout.includes(printed), outcome.stdout);
    t.true(outcome.stderr.includes(complaint), outcome.stderr);
  }
  const { rows } = await database.query("select state from task_instance where task_id = 'total'");
  t.deepEqual(rows, [{ state: "failed" }]);
  t.is(await countRuns(place), 1);
});
