import { mkdir, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { createTestDatabase, type TestDatabase } from "#test/helpers/database.ts";
import { seedDag, seedRun, seedScheduler, taxiDag } from "#test/webserver/helpers/seed.ts";
import { makeHome, type Outcome, runAirflow } from "./helpers/run-airflow.ts";

const DATE = "2019-01-01T00:00:00+00:00";
const RUN = `manual__${DATE}`;
const RULE_67 = "-".repeat(67);

interface World {
  readonly db: TestDatabase;
  readonly home: string;
  run(command: string | readonly string[], input?: string): Promise<Outcome>;
}

/** A migrated database with the DAGs taxi (one run) and old_dag (no file any more), and a home folder. */
async function inWorld(t: ExecutionContext, work: (world: World) => Promise<void>): Promise<void> {
  await using db = await createTestDatabase();
  await using folder = await makeHome();
  await seedScheduler(db.database);
  await seedDag(db.database, taxiDag());
  await seedDag(db.database, taxiDag("old_dag"), { isStale: true });
  await seedRun(db.database, "taxi", RUN, { CsvExampleGen: "success", StatisticsGen: "running", SchemaGen: null });
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: db.url };
  t.timeout(120_000);
  await work({
    db,
    home: folder.home,
    run: (command, input) => runAirflow(typeof command === "string" ? command.split(" ") : command, env, input),
  });
}

type Expected = string | RegExp;
type Case = readonly [command: string | readonly string[], code: number, stdout: Expected, stderr?: Expected];

function check(t: ExecutionContext, [command, code, stdout, stderr = ""]: Case, outcome: Outcome): void {
  const title = String(command);
  t.is(outcome.code, code, `${title}: ${outcome.stderr}`);
  for (const [got, expected] of [
    [outcome.stdout, stdout],
    [outcome.stderr, stderr],
  ] as const) {
    if (typeof expected === "string") t.is(got, expected, title);
    else t.regex(got, expected, title);
  }
}

const UNKNOWN = "dag_id could not be found: nope. Either the dag did not exist or it failed to parse.\n";

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "Airflow 1.10's names answer in its words": [
    ["list_dags", 0, `\n${RULE_67}\nDAGS\n${RULE_67}\ntaxi\n`],
    ["pause taxi", 0, "Dag: <DAG: taxi>, paused: True\n"],
    ["unpause taxi", 0, "Dag: <DAG: taxi>, paused: False\n"],
    ["unpause nope", 1, "", UNKNOWN],
    ["unpause old_dag", 1, "", /^dag_id could not be found: old_dag\./],
    ["list_tasks nope", 1, "", UNKNOWN],
    ["dag_state taxi 2019-01-01", 0, "running\n"],
    [["dag_state", "taxi", "2019-01-01 01:00+01:00"], 0, "running\n"],
    ["dag_state taxi 2020-01-01", 0, "None\n"],
    ["dag_state taxi 2019-02-31", 1, "", /^'2019-02-31' is not a date; write one such as 2019-01-01/],
    ["dag_state nope 2019-01-01", 1, "", UNKNOWN],
    ["task_state taxi CsvExampleGen 2019-01-01", 0, "success\n"],
    ["task_state taxi SchemaGen 2019-01-01", 0, "None\n"],
    ["task_state taxi Pusher 2020-01-01", 0, "None\n"],
    ["task_state taxi nope 2019-01-01", 1, "", "Task nope not found in dag taxi\n"],
    ["list_dag_runs taxi --state failed", 0, "No dag runs for taxi\n"],
    [
      "list_dag_runs taxi",
      0,
      /\n-{120}\nDAG RUNS\n-{120}\nid {2}\| run_id .*\n-{120}\n\d+ +\| manual__2019.* \| running /,
    ],
  ],
  "trigger_dag says what it created, and refuses what Airflow refuses": [
    [
      "trigger_dag taxi -e 2020-01-01T10:00:00.654321",
      0,
      "Created <DagRun taxi @ 2020-01-01T10:00:00+00:00: manual__2020-01-01T10:00:00+00:00, externally triggered: True>\n",
    ],
    [
      "trigger_dag taxi --exec_date 2020-01-02 --run-id mine",
      0,
      "Created <DagRun taxi @ 2020-01-02T00:00:00+00:00: mine, externally triggered: True>\n",
    ],
    ["trigger_dag taxi -r mine", 1, "", "Run id mine already exists for dag id taxi\n"],
    ["trigger_dag taxi -r ../x", 1, "", /^The run id '\.\.\/x' is not allowed/],
    ["trigger_dag taxi -r scheduled__x", 1, "", /reserved for scheduled runs/],
    [["trigger_dag", "taxi", "-c", "{"], 1, "", /^conf should be a JSON object.*but is not JSON/],
    [["trigger_dag", "taxi", "-c", "[1]"], 1, "", /^conf should be a JSON object.*but is \[1\]/],
    ["trigger_dag nope", 1, "", "Dag id nope not found\n"],
  ],
  "Airflow 2's groups answer in its words": [
    ["dags pause taxi", 0, "Dag: taxi, paused: True\n"],
    ["dags unpause taxi", 0, "Dag: taxi, paused: False\n"],
    ["dags pause nope", 1, "", "DAG: nope does not exist in 'dag' table\n"],
    [
      "dags list",
      0,
      /^dag_id \| fileloc +\| owners +\| is_paused\n=+\+=+\+=+\+=+\ntaxi +\| \/dags\/taxi_pipeline.ts \| airflow \| False\n$/,
    ],
    [
      "dags list -o json",
      0,
      '[{"dag_id":"taxi","fileloc":"/dags/taxi_pipeline.ts","owners":"airflow","is_paused":"False"}]\n',
    ],
    [
      "dags list --output=yaml",
      0,
      '- dag_id: taxi\n  fileloc: /dags/taxi_pipeline.ts\n  owners: airflow\n  is_paused: "False"\n',
    ],
    ["dags list -o plain", 0, /^dag_id {2}fileloc .*\ntaxi {4}\/dags/],
    ["dags list-import-errors", 0, "No data found\n"],
    [
      "dags list-runs -d taxi -o json",
      0,
      /^\[\{"dag_id":"taxi","run_id":"manual__2019-01-01T00:00:00\+00:00","state":"running","execution_date":"2019-01-01T00:00:00\+00:00"/,
    ],
    ["dags list-runs -d taxi --state failed", 0, "No data found\n"],
    ["dags state taxi 2019-01-01", 0, "running\n"],
    [
      ["dags", "trigger", "taxi", "-r", "with_conf", "-c", '{"a": 1}', "-o", "json"],
      0,
      /"conf":"\{\\"a\\":1\}","dag_id":"taxi","dag_run_id":"with_conf".*"state":"queued"\}\]\n$/,
    ],
    ["dags state taxi with_conf", 0, 'queued, {"a":1}\n'],
    [
      ["dags", "trigger", "taxi", "-r", "secretive", "-c", '{"password": "hunter2"}', "-o", "json"],
      0,
      /"conf":"\{\\"password\\":\\"\*\*\*\\"\}"/,
    ],
    ["dags state taxi secretive", 0, 'queued, {"password":"***"}\n'],
    [`tasks state taxi CsvExampleGen ${RUN}`, 0, "success\n"],
    [
      "tasks states-for-dag-run taxi 2019-01-01 -o plain",
      0,
      /taxi {4}2019-01-01T00:00:00\+00:00 {2}CsvExampleGen {2}success/,
    ],
    ["tasks states-for-dag-run taxi nope", 1, "", /^'nope' is not a date/],
    ["db check", 0, "Connection successful.\n"],
    ["config get-value scheduler max_threads", 0, "2\n"],
    ["config get-value core nope", 1, "", "The option [core/nope] is not found in config.\n"],
    ["config list", 0, /\[core\]\n(.|\n)*load_examples = True\nd(.|\n)*fernet_key = < hidden >\n/],
  ],
  "a wrong command line gets the help, one line that says what is wrong, and exit code 2": [
    [
      "pause",
      2,
      /^usage: airflow pause \[-h\] dag_id\n/,
      "\nairflow command error: the following arguments are required: dag_id, see help above.\n",
    ],
    ["pause a b", 2, /^usage/, /unrecognized arguments: b, see help above\.\n$/],
    ["pause a --nope", 2, /^usage/, /unrecognized arguments: --nope, see help above\.\n$/],
    ["trigger_dag a --run-i", 2, /^usage/, /unrecognized arguments: --run-i \(did you mean --run-id\?\)/],
    ["list_dags -sd /x", 2, /^usage/, /argument -sd\/--subdir: not supported: DAGs are read from the database/],
    ["webserver -p many", 2, /^usage/, /argument -p\/--port: invalid int value: 'many'/],
    ["webserver -p", 2, /^usage/, /argument -p\/--port: expected one argument/],
    ["celery worker -c 0", 2, /^usage/, /argument -c\/--concurrency: invalid positive int value: '0'/],
    ["celery worker -q ,", 2, /^usage/, /argument -q\/--queues: expected at least one queue, got ','/],
    [
      "dags list -o xml",
      2,
      /^usage/,
      /argument -o\/--output: invalid choice: 'xml' \(choose from table, json, yaml, plain\)/,
    ],
    ["dags list-runs", 2, /^usage/, /the following arguments are required: -d\/--dag-id/],
    ["lsit_dags", 2, /^usage: airflow/, /invalid choice: 'lsit_dags' \(did you mean list_dags\?\)/],
    ["dags", 2, /^usage: airflow dags/, /the following arguments are required: COMMAND/],
    [
      "show_dag taxi",
      2,
      "",
      "airflow command error: `airflow show_dag` is not supported: Daisy does not have it yet\n",
    ],
    ["dags show taxi", 2, "", /`airflow dags show` is not supported/],
    ["--help", 0, /^usage: airflow \[-h\] COMMAND(.|\n)* {2}trigger_dag +Trigger a DAG run\n/],
    ["dags -h", 0, /^usage: airflow dags(.|\n)* {2}trigger +Trigger a DAG run\n/],
    ["trigger_dag -h", 0, /-r, --run-id RUN_ID +Helps to identify this run\n(.|\n)*-sd\/--subdir/],
  ],
};

for (const [title, cases] of Object.entries(CASES)) {
  test.serial(title, (t) =>
    inWorld(t, async ({ run }) => {
      for (const each of cases) check(t, each, await run(each[0]));
    }),
  );
}

test.serial("list_tasks prints ids in order, or a tree from the roots", (t) =>
  inWorld(t, async ({ run }) => {
    const { stdout } = await run("list_tasks taxi");
    t.deepEqual(stdout.trim().split("\n"), [...taxiDag().taskIds].sort());
    const tree = (await run("list_tasks taxi --tree")).stdout.split("\n");
    t.is(tree[0], "<Task(AirflowComponent): CsvExampleGen>");
    t.is(tree[1], "    <Task(AirflowComponent): Evaluator>");
    t.is(tree[2], "        <Task(AirflowComponent): Pusher>");
  }),
);

test.serial("a run that nobody dated has the present second for its date and in its id", (t) =>
  inWorld(t, async ({ run }) => {
    const created = /^Created <DagRun taxi @ (\S+): manual__\1, externally triggered: True>\n$/;
    const first = await run("trigger_dag taxi");
    t.regex(first.stdout, created);
    t.regex(first.stdout, /@ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00:/);
  }),
);

test.serial("broken files are listed with the reason, and dags list points there", (t) =>
  inWorld(t, async ({ run, db }) => {
    await db.database.query(
      "insert into import_error (relative_fileloc, fileloc, stack_trace) values ('b.ts', '/dags/b.ts', 'SyntaxError: x')",
    );
    const broken = "Error: Failed to load all files. For details, run `airflow dags list-import-errors`\n";
    check(t, ["dags list", 0, /taxi/, broken], await run("dags list"));
    check(
      t,
      ["dags list-import-errors -o json", 1, '[{"filepath":"/dags/b.ts","error":"SyntaxError: x"}]\n'],
      await run("dags list-import-errors -o json"),
    );
  }),
);

test.serial("without a scheduler, files that changed since one ran are named", (t) =>
  inWorld(t, async ({ run, db, home }) => {
    await mkdir(path.join(home, "dags/sub"), { recursive: true });
    await mkdir(path.join(home, "dags/.trash"));
    const dagFiles = ["new.ts", "sub/other.mts", "old.ts"];
    for (const file of [...dagFiles, "types.d.ts", ".trash/gone.ts", "ignored.ts"])
      await writeFile(path.join(home, "dags", file), "");
    await writeFile(path.join(home, "dags/.airflowignore"), "ignored.ts\n");
    await utimes(path.join(home, "dags/old.ts"), 1, 1);
    t.is((await run("list_dags")).stderr, "");
    await db.database.query("update job set state = 'success', latest_heartbeat = now() - interval '1 hour'");
    const note = /^No scheduler is running, so these files are not read yet: new\.ts, sub\/other\.mts\. Start one/;
    check(t, ["list_dags", 0, /taxi/, note], await run("list_dags"));
    check(
      t,
      ["trigger_dag new", 1, "", new RegExp(`${note.source}.*\nDag id new not found\n$`)],
      await run("trigger_dag new"),
    );
  }),
);

test.serial("delete_dag asks, and deletes what the database holds of the DAG", (t) =>
  inWorld(t, async ({ run, db }) => {
    const question = "This will drop all existing records related to the specified DAG. Proceed? (y/n) ";
    check(t, ["delete_dag taxi", 0, `${question}Bail.\n`], await run("delete_dag taxi", "n\n"));
    check(t, ["dags delete taxi", 0, `${question}Cancelled\n`], await run("dags delete taxi", "n\n"));
    check(
      t,
      ["delete_dag taxi -y", 1, "", /^Task instances of dag with id: 'taxi' are still running/],
      await run("delete_dag taxi -y"),
    );
    await db.database.query("update task_instance set state = 'success'");
    check(t, ["delete_dag taxi", 0, `${question}Removed 6 record(s)\n`], await run("delete_dag taxi", "y\n"));
    check(t, ["delete_dag taxi -y", 1, "", "Dag id taxi not found\n"], await run("delete_dag taxi -y"));
    check(t, ["dags delete old_dag -y", 0, "Removed 2 record(s)\n"], await run("dags delete old_dag -y"));
  }),
);

test.serial("resetdb leaves a database alone on which a scheduler runs, or seems to", (t) =>
  inWorld(t, async ({ run, db }) => {
    check(
      t,
      ["resetdb -y", 1, "", /^The database is in use by SchedulerJob on test \(pid 1\); stop what runs first/],
      await run("resetdb -y"),
    );
    t.regex((await run("list_dags")).stdout, /taxi/);
    await db.database.query("update job set latest_heartbeat = now() - interval '31 seconds'");
    check(t, ["resetdb -y", 0, /Done\.\n$/], await run("resetdb -y"));
  }),
);

test.serial("resetdb asks unless told not to, and initdb after it is fine, as often as one likes", (t) =>
  inWorld(t, async ({ run, db }) => {
    await db.database.query("delete from job");
    const question = "This will drop existing tables if they exist. Proceed? (y/n) ";
    check(t, ["resetdb", 0, `${question}Bail.\n`], await run("resetdb", "no\n"));
    check(t, ["resetdb", 0, `${question}Bail.\n`], await run("resetdb"));
    t.regex((await run("list_dags")).stdout, /taxi/);
    for (const command of ["resetdb --yes", "initdb", "resetdb -y", "db reset -y", "initdb", "upgradedb"])
      check(
        t,
        [command, 0, /^DB: postgresql:\/\/airflow:\*\*\*@.*\n(Running migration .*\n)*Done\.\n$/],
        await run(command),
      );
    check(t, ["db init", 0, /Initialization done\n$/], await run("db init"));
    check(t, ["db migrate", 0, /Database migrating done!\n$/], await run("db migrate"));
    t.notRegex((await run("list_dags")).stdout, /taxi/);
  }),
);

test.serial("a database without tables is said to be so, by every kind of command", (t) =>
  inWorld(t, async ({ run, db }) => {
    await db.database.query("drop schema public cascade; create schema public");
    const missing = /^The database is not initialised: .*Run `airflow db migrate` \(or `airflow initdb`\)\n$/;
    check(t, ["list_dags", 1, "", missing], await run("list_dags"));
    check(t, ["scheduler", 1, /v\d/, missing], await run("scheduler"));
  }),
);

const NO_DATABASE: readonly Case[] = [
  ["version", 0, /____(.|\n)*\n {2}v\d+\.\d+\.\d+\n$/],
  ["db check", 1, "", /^The database cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:1\n$/],
  ["list_dags", 1, "", /^The database cannot be reached/],
  ["list_dags --debug", 1, "", /^The database cannot be reached.*\n(.|\n)*\n {4}at /],
  [
    "info -o json",
    0,
    /"fact":"Daisy version".*"PostgreSQL at postgresql:\/\/u:\*\*\*@127\.0\.0\.1:1\/x".*"TensorFlow"/,
  ],
];
test.serial("without a database, what needs none works and what needs one says so", async (t) => {
  t.timeout(60_000);
  await using folder = await makeHome();
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: "postgresql://u:p@127.0.0.1:1/x" };
  for (const each of NO_DATABASE) check(t, each, await runAirflow(String(each[0]).split(" "), env));
});

test.serial("a wrong setting is one line that names it", async (t) => {
  await using folder = await makeHome();
  await writeFile(path.join(folder.home, "airflow.cfg"), "[scheduler]\nmax_threads = two\n");
  const outcome = await runAirflow(["list_dags"], { AIRFLOW_HOME: folder.home });
  check(
    t,
    ["list_dags", 1, "", /^\[scheduler\] max_threads should be .*, but is 'two' \(.*airflow\.cfg:2\)\n$/],
    outcome,
  );
});
