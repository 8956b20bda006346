// A worker that is paused, and may come back: what it holds must not hold up anybody.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import { connect, type Database } from "#core/database/connect.ts";
import { queueTasks } from "#core/database/ready-tasks.ts";
import { LostTryRescuer } from "#scheduler/rescue-lost-tries.ts";
import { until } from "#test/helpers/until.ts";
import { createFixture, findTry, queueRun, readLog, storeDag, untilAdded, untilState } from "./worker-fixture.ts";

const BUNDLE = `
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Dag, shortCircuit } from "daisy-install:/sdk/index.ts";
const dag = new Dag("pauses");
const chosen = dag.task("chooses", shortCircuit(async () => {
  while (!existsSync(process.env.AIRFLOW_HOME + "/go")) await pause(10);
  return false;
}))();
chosen.before(dag.task("passed_over", async () => {})());
`;

const TIMEOUT_SECONDS = 1;

test("a worker that is paused in the middle of a transaction loses its try in time, and the queue goes on", async (t) => {
  await using fixture = await createFixture();
  const { database } = fixture;
  const dag = await storeDag(database, BUNDLE);
  const entry = fileURLToPath(new URL("./worker-process.ts", import.meta.url));
  const worker = spawn(process.execPath, ["--import=tsx", entry, JSON.stringify(fixture.config)], { stdio: "inherit" });
  const ended = once(worker, "exit");
  try {
    const [id, below] = await queueRun(fixture, dag, ["chooses", "passed_over"], { add: false });
    await database.query("update task_instance set state = null where id = $1", [below]);
    await untilAdded(fixture.queue, [id!]);
    const paused = await untilState(fixture, id!, "running");
    // The worker waits for the run's row while it stores the outcome, and is paused there.
    const holder = await database.connect();
    await holder.query("begin");
    await holder.query("select from dag_run for update");
    await fixture.write("go", "");
    await until("the worker waits for the row", () => hasBackend(database, "wait_event_type = 'Lock'"));
    worker.kill("SIGSTOP");
    await until("the worker is paused", async () => isPaused(worker));
    await holder.query("commit");
    holder.release();
    await until("it is in a transaction", () => hasBackend(database, "state = 'idle in transaction'"));

    const rescuer = new LostTryRescuer({
      db: database,
      log: fixture.log,
      timeoutSeconds: TIMEOUT_SECONDS,
      everySeconds: 1,
      baseLogFolder: fixture.config.logging.base_log_folder,
    });
    await until("its try is taken away", async () => {
      await rescuer.look(TIMEOUT_SECONDS);
      return (await findTry(fixture, id!)).state !== "running";
    });
    t.is((await findTry(fixture, id!)).state, "up_for_retry");
    const { tasks } = await queueTasks(database, [], 10);
    t.deepEqual(
      tasks.map(({ taskId, state }) => [taskId, state]),
      [["chooses", "queued"]],
    );

    // What it says when it comes back changes nothing.
    const before = await database.query("select * from task_instance order by id");
    worker.kill("SIGCONT");
    await until("the worker has seen that the try is not its own", async () =>
      (await readLog(fixture, paused, dag.dagId)).includes("the outcome was not stored"),
    );
    worker.kill("SIGTERM");
    await ended;
    const after = await database.query("select * from task_instance order by id");
    t.deepEqual(after.rows, before.rows);
  } finally {
    worker.kill("SIGKILL");
    await ended;
  }
});

test("no process may keep a transaction open without going on", async (t) => {
  await using fixture = await createFixture();
  const db = connect(fixture.config.database.sql_alchemy_conn);
  const { rows } = await db.query("select current_setting('idle_in_transaction_session_timeout') as limit");
  await db.end();
  t.deepEqual(rows, [{ limit: "5s" }]);
});

async function hasBackend(db: Database, what: string): Promise<boolean> {
  const { rows } = await db.query(
    `select from pg_stat_activity where application_name = 'daisy-worker' and datname = current_database() and ${what}`,
  );
  return rows.length > 0;
}

function isPaused({ pid }: ChildProcess): boolean {
  return /\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
