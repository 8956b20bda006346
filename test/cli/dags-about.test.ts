import test from "ava";
import { Dag } from "#sdk/index.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { allTasks, seedDag, seedRun, seedScheduler, taxiDag } from "#test/webserver/helpers/seed.ts";
import { makeHome, runAirflow } from "./helpers/run-airflow.ts";

type Case = readonly [command: string, code: number, stdout: RegExp, stderr?: RegExp];

const CASES: readonly Case[] = [
  [
    "dags next-execution daily",
    0,
    /^2024-01-05T00:00:00\+00:00\n$/,
    /^\[INFO\] Please be reminded this DAG is PAUSED now\.\n$/,
  ],
  [
    "next_execution daily -n 3",
    0,
    /^2024-01-05T00:00:00\+00:00\n2024-01-06T00:00:00\+00:00\n2024-01-07T00:00:00\+00:00\n$/,
    /PAUSED/,
  ],
  [
    "dags next-execution taxi",
    0,
    /^None\n$/,
    /^\[WARN\] No following schedule can be found\. This DAG may have schedule interval '@once' or `None`\.\n$/,
  ],
  ["dags next-execution nope", 1, /^$/, /^dag_id could not be found: nope\./],
  ["dags list-jobs --output plain", 0, /^dag_id +state +job_type +start_date +end_date\nNone +running +SchedulerJob /],
  ["dags list-jobs --state failed", 0, /^No data found\n$/],
  ["dags list-jobs -d taxi", 2, /./, /argument -d\/--dag-id: not supported: a scheduler and a worker serve all DAGs/],
  [
    "dags report --output json",
    0,
    /^\[\{"file":"daily_pipeline\.ts","duration":"0\.1s","dag_num":"1","task_num":"1","dags":"daily"\},/,
  ],
  ["list_dags_report", 0, /^file +\| duration \| dag_num \| task_num \| dags *\n=/],
];

test("what the command line says about DAGs and processes, as Airflow does", async (t) => {
  t.timeout(120_000);
  await using db = await createTestDatabase();
  await using folder = await makeHome();
  await seedScheduler(db.database);
  await seedDag(db.database, taxiDag());
  await seedRun(db.database, "taxi", "manual__2019-01-01T00:00:00+00:00", allTasks(taxiDag(), "success"));
  const daily = new Dag("daily", { schedule: "@daily" });
  daily.task("t", async () => 1)();
  await seedDag(db.database, daily, { isPaused: true });
  await db.database.query(
    `update dag set next_dagrun_data_interval_start = '2024-01-05Z', next_dagrun_data_interval_end = '2024-01-05Z'
      where dag_id = 'daily'`,
  );
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: db.url };
  for (const [command, code, stdout, stderr = /^$/] of CASES) {
    const outcome = await runAirflow(command.split(" "), env);
    t.is(outcome.code, code, `${command}: ${outcome.stderr}`);
    t.regex(outcome.stdout, stdout, command);
    t.regex(outcome.stderr, stderr, command);
  }
});
