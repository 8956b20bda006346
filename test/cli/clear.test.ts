import test from "ava";
import { createTestDatabase } from "#test/helpers/database.ts";
import { seedDag, seedRun, seedScheduler, taxiDag } from "#test/webserver/helpers/seed.ts";
import { makeHome, runAirflow } from "./helpers/run-airflow.ts";

const FIRST = "manual__2019-01-01T00:00:00+00:00";
const SECOND = "manual__2019-01-02T12:30:00.500000+00:00";
const LISTED = `You are about to delete these 2 tasks:
<TaskInstance: taxi.CsvExampleGen 2019-01-01 00:00:00+00:00 [success]>
<TaskInstance: taxi.StatisticsGen 2019-01-01 00:00:00+00:00 [failed]>

Are you sure? (yes/no): `;
const LISTED_NOW = `You are about to delete these 1 tasks:
<TaskInstance: taxi.StatisticsGen ${FIRST} [failed]>

Are you sure? [y/n] `;
const AFTER = "CsvExampleGen success, StatisticsGen null; CsvExampleGen success, StatisticsGen success";

/** What each command prints, and the states of both runs afterwards; each starts from the same world. */
const CASES: readonly (readonly [
  command: string,
  answer: string,
  code: number,
  out: string | RegExp,
  states?: string,
])[] = [
  ["clear taxi -e 2019-01-01", "no\n", 0, `${LISTED}Bail. Nothing was cleared.\n`],
  [
    "clear taxi -e 2019-01-01",
    "yes\n",
    0,
    LISTED,
    "CsvExampleGen null, StatisticsGen null; CsvExampleGen success, StatisticsGen success",
  ],
  ["clear taxi --only_failed --no_confirm", "", 0, "", AFTER],
  ["clear taxi -t Stat -s 2019-01-01 -e 2019-01-01T23:59:59 -c", "", 0, "", AFTER],
  ["clear ^ta.i$ -dx -t ^StatisticsGen$ -f -c", "", 0, "", AFTER],
  ["clear taxi -r -c", "", 0, "Nothing to clear.\n"],
  ["clear taxi -t nothing -c", "", 0, "Nothing to clear.\n"],
  [
    "clear taxi -t ^CsvExampleGen$ -d -e 2019-01-01 -c",
    "",
    0,
    "",
    "CsvExampleGen null, StatisticsGen null; CsvExampleGen success, StatisticsGen success",
  ],
  [
    "clear taxi -t ^StatisticsGen$ -u -s 2019-01-02 -c",
    "",
    0,
    "",
    "CsvExampleGen success, StatisticsGen failed; CsvExampleGen null, StatisticsGen null",
  ],
  ["tasks clear taxi -f", "n\n", 0, `${LISTED_NOW}Cancelled, nothing was cleared.\n`],
  ["tasks clear taxi --only-failed --yes", "", 0, "", AFTER],
  ["clear taxi -t [ -c", "", 2, /argument -t\/--task-regex: Invalid regular expression/],
];

test("clear lists what it would clear, asks, and clears", async (t) => {
  t.timeout(120_000);
  await using folder = await makeHome();
  for (const [command, answer, code, out, states] of CASES) {
    await using owner = await createTestDatabase();
    const db = owner.database;
    await seedScheduler(db);
    await seedDag(db, taxiDag());
    await seedRun(db, "taxi", FIRST, { CsvExampleGen: "success", StatisticsGen: "failed" }, { state: "failed" });
    await seedRun(db, "taxi", SECOND, { CsvExampleGen: "success", StatisticsGen: "success" }, { state: "success" });
    const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: owner.url };
    const outcome = await runAirflow(command.split(" "), env, answer);
    t.is(outcome.code, code, `${command}: ${outcome.stderr}`);
    if (typeof out === "string") t.is(outcome.stdout, out, command);
    else t.regex(outcome.stdout + outcome.stderr, out, command);
    const { rows } = await db.query<{ states: string }>(
      `select string_agg(states, '; ') as states from (
         select string_agg(task_id || ' ' || coalesce(state, 'null'), ', ' order by task_id) as states
           from task_instance group by dag_run_id order by dag_run_id) as runs`,
    );
    const untouched = "CsvExampleGen success, StatisticsGen failed; CsvExampleGen success, StatisticsGen success";
    t.is(rows[0]!.states, states ?? untouched, command);
  }
});

test("clear says plainly that there is no such DAG", async (t) => {
  await using owner = await createTestDatabase();
  await using folder = await makeHome();
  await seedScheduler(owner.database);
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: owner.url };
  for (const [command, problem] of [
    ["clear nope -c", "dag_id could not be found: nope. Either the dag did not exist or it failed to parse.\n"],
    [
      "clear no.e -dx -c",
      "dag_id could not be found with regex: no.e. Either the dag did not exist or it failed to parse.\n",
    ],
  ] as const) {
    const outcome = await runAirflow(command.split(" "), env);
    t.deepEqual([outcome.code, outcome.stderr], [1, problem]);
  }
});
