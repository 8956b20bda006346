import test from "ava";
import type { Database } from "#core/database/connect.ts";
import { createLog } from "#core/log.ts";
import { RunCreator } from "#scheduler/create-runs.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { until } from "#test/helpers/until.ts";
import { sideBySide, storeDag } from "../core/database/dag-fixture.ts";
import { startTestScheduler, type TestScheduler } from "./support.ts";

interface Created {
  readonly run_id: string;
  readonly logical_date: Date;
  readonly data_interval_start: Date;
  readonly data_interval_end: Date;
  readonly run_after: Date;
}

const SCHEDULED = `select run_id, logical_date, data_interval_start, data_interval_end, run_after from dag_run
                    where dag_id = $1 order by logical_date`;

test.serial("a DAG file's timetables reach the scheduler, in the family that the configuration names", async (t) => {
  await using scheduler = await startTestScheduler({
    core: { default_timezone: "Europe/Zurich" },
    scheduler: { create_cron_data_intervals: true, create_delta_data_intervals: true },
  });
  await scheduler.write(
    "zones.ts",
    `import { Dag, cronTrigger, delta } from "daisy";
     const startDate = new Date("2020-01-01");
     new Dag("plain", { schedule: "@daily", startDate });
     new Dag("trigger", { schedule: cronTrigger("@daily"), startDate });
     new Dag("delta", { schedule: delta(86_400), startDate });
     new Dag("utc", { schedule: "@daily", timezone: "UTC", startDate });`,
  );
  const first = async (dagId: string): Promise<Created> => {
    await scheduler.until(`${dagId} has a run`, async () => (await created(scheduler, dagId)).length > 0);
    const runs = await created(scheduler, dagId);
    t.is(runs.length, 1, dagId);
    return runs[0]!;
  };
  const zurich = (date: Date) => date.toLocaleTimeString("en-GB", { timeZone: "Europe/Zurich" });

  const plain = await first("plain");
  t.is(zurich(plain.logical_date), "00:00:00");
  t.deepEqual(plain.logical_date, plain.data_interval_start);
  t.deepEqual(plain.run_after, plain.data_interval_end);
  t.true(plain.data_interval_start < plain.data_interval_end);
  // Airflow 3 names a run by when it is due, not by its logical date.
  t.is(plain.run_id, `scheduled__${plain.run_after.toISOString().replace(".000Z", "+00:00")}`);

  const trigger = await first("trigger");
  t.is(zurich(trigger.logical_date), "00:00:00");
  t.deepEqual(trigger.data_interval_start, trigger.data_interval_end);

  const delta = await first("delta");
  t.is(delta.data_interval_end.getTime() - delta.data_interval_start.getTime(), 86_400_000);
  t.deepEqual(delta.run_after, delta.data_interval_end);

  t.regex((await first("utc")).logical_date.toISOString(), /T00:00:00\.000Z$/);
});

test.serial("steps of a delta follow each other exactly, and an event is not missed", async (t) => {
  await using scheduler = await startTestScheduler();
  await scheduler.write(
    "steps.ts",
    `import { Dag, deltaTrigger, events } from "daisy";
     const [startDate, catchup] = [new Date(${Date.now()}), true];
     new Dag("steps", { schedule: deltaTrigger(1), startDate, catchup });
     new Dag("event", { schedule: events([new Date(${Date.now() + 4000})]), startDate, catchup });`,
  );
  await scheduler.until("three steps and the event", async () => {
    const [steps, event] = [await created(scheduler, "steps"), await created(scheduler, "event")];
    return steps.length >= 3 && event.length === 1;
  });
  const dates = (await created(scheduler, "steps")).map((run) => run.logical_date.getTime());
  const gaps = dates.slice(1).map((date, index) => date - dates[index]!);
  t.deepEqual(new Set(gaps), new Set([1000]));
});

const MINUTE_MS = 60_000;

/** Has runs created until a DAG has one; returns what the log says. */
async function createUntilRun(db: Database, dagId: string): Promise<string> {
  const lines: string[] = [];
  const log = createLog("scheduler", "INFO", (line) => lines.push(line));
  const creator = new RunCreator({ db, log, dagsPerLoop: 3, catchupByDefault: true, everySeconds: 1 });
  const stopping = new AbortController();
  const ended = creator.run(stopping.signal);
  await until(`${dagId} has a run`, async () => {
    const { rows } = await db.query("select from dag_run where dag_id = $1", [dagId]);
    return rows.length > 0;
  }).finally(() => stopping.abort());
  await ended;
  return lines.join("");
}

test("DAGs that have missed many runs hold up no schedule: each gets one at a time", async (t) => {
  await using fixture = await createTestDatabase();
  const db = fixture.database;
  const spec = { schedule: "* * * * *", catchup: true, maxActiveRuns: 5_000 };
  const missed = Array.from({ length: 7 }, (_, index) => `behind_${index}`);
  for (const id of missed) {
    await storeDag(db, id, sideBySide("t"), { ...spec, startDate: new Date(Date.now() - 2_000 * MINUTE_MS) });
  }
  await storeDag(db, "on_time", sideBySide("t"), { ...spec, startDate: new Date(Date.now() - 2 * MINUTE_MS) });
  await createUntilRun(db, "on_time");
  const { rows } = await db.query<{ dag_id: string; before: number }>(
    `select dag_id, count(*)::integer as before from dag_run
      where id < (select min(id) from dag_run where dag_id = 'on_time') group by dag_id order by dag_id`,
  );
  t.deepEqual(
    rows,
    missed.map((dag_id) => ({ dag_id, before: 1 })),
  );
});

test("a DAG that can have no run is left out for a while, and holds up no other", async (t) => {
  await using fixture = await createTestDatabase();
  const db = fixture.database;
  const spec = { schedule: "@daily", startDate: new Date(Date.now() - 5 * 24 * 60 * MINUTE_MS) };
  // Such a number is an import error today; rows of earlier times may have one.
  await storeDag(db, "bad", (dag) => dag.task("t", async () => 1, { retries: 2 ** 40 })(), spec);
  await storeDag(db, "good", sideBySide("t"), spec);
  await db.query("update dag set next_dagrun_run_after = next_dagrun_run_after - interval '1 h' where dag_id = 'bad'");
  const log = await createUntilRun(db, "good");
  t.regex(log, /Creating a run of Dag bad failed, and is tried again in 1 s.*out of range for type integer/s);
  const { rows } = await db.query("select from dag_run where dag_id = 'bad'");
  t.is(rows.length, 0);
});

async function created(scheduler: TestScheduler, dagId: string): Promise<Created[]> {
  const { rows } = await scheduler.database.query<Created>(SCHEDULED, [dagId]);
  return rows;
}
