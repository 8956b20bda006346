import test from "ava";
import { Dag } from "#sdk/index.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { until } from "#test/helpers/until.ts";
import { seedDag, seedScheduler } from "#test/webserver/helpers/seed.ts";
import { makeHome, runAirflow } from "./helpers/run-airflow.ts";

type Case = readonly [command: string, code: number, stdout: RegExp, stderr?: RegExp];

const RANGE = "--from-date 2024-01-01 --to-date 2024-01-02";
const CASES: readonly Case[] = [
  [
    `backfill create --dag-id daily ${RANGE} --dry-run`,
    0,
    /^Performing dry run of backfill\.\nPrinting params:\n {4}- dag_id = daily\n {4}- from_date = 2024-01-01 00:00:00\+00:00\n[\s\S]*Logical dates to be attempted:\n {4}- 2024-01-01 00:00:00\+00:00\n {4}- 2024-01-02 00:00:00\+00:00\n$/,
  ],
  [
    "backfill daily -s 2024-01-01 -e 2024-01-02 -dr",
    0,
    /^Dry run of DAG daily on 2024-01-01 00:00:00\+00:00\nTask t\nDry run of DAG daily on 2024-01-02 00:00:00\+00:00\nTask t\n$/,
  ],
  ["dags backfill daily -s 2024-01-02 --dry-run", 0, /^Dry run of DAG daily on 2024-01-02 00:00:00\+00:00\nTask t\n$/],
  ["backfill daily", 2, /./, /Provide a start_date and\/or end_date, see help above/],
  [
    "backfill daily -s 2024-01-01 -t regex",
    2,
    /./,
    /argument -t\/--task-regex: not supported: a backfill runs the whole DAG/,
  ],
  ["backfill nope -s 2024-01-01", 1, /^$/, /^Dag id nope not found$/m],
  ["backfill create --dag-id daily", 2, /./, /the following arguments are required: --from-date, --to-date/],
  [`backfill create --dag-id daily ${RANGE} --max-active-runs 2`, 0, /^Created backfill 1 of daily with 2 runs\n$/],
  [
    `backfill create --dag-id daily ${RANGE}`,
    1,
    /^$/,
    /^Another backfill is running for Dag daily\. There can be only one running backfill per Dag\.$/m,
  ],
];

test("backfills from the command line, in the words of Airflow 1.10, 2 and 3", async (t) => {
  t.timeout(120_000);
  await using db = await createTestDatabase();
  await using folder = await makeHome();
  await seedScheduler(db.database);
  const dag = new Dag("daily", { schedule: "@daily" });
  dag.task("t", async () => 1)();
  await seedDag(db.database, dag);
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: db.url };
  for (const [command, code, stdout, stderr = /^$/] of CASES) {
    const outcome = await runAirflow(command.split(" "), env);
    t.is(outcome.code, code, `${command}: ${outcome.stderr}`);
    t.regex(outcome.stdout, stdout, command);
    t.regex(outcome.stderr, stderr, command);
  }
});

test("airflow backfill follows its runs to their end, and fails when one of them does", async (t) => {
  t.timeout(120_000);
  await using db = await createTestDatabase();
  await using folder = await makeHome();
  await seedScheduler(db.database);
  const dag = new Dag("daily", { schedule: "@daily" });
  dag.task("t", async () => 1)();
  await seedDag(db.database, dag);
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: db.url };
  const following = runAirflow("backfill daily -s 2024-01-01 -e 2024-01-02".split(" "), env);
  await until("there are two runs, which fail", async () => {
    const { rowCount } = await db.database.query("update dag_run set state = 'failed' where state = 'queued'");
    return rowCount === 2;
  });
  await db.database.query("update backfill set completed_at = now()");
  const outcome = await following;
  t.is(outcome.code, 1, outcome.stderr);
  t.regex(outcome.stdout, /Backfill done: 0 of 2 runs succeeded\n$/);
});
