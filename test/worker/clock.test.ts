import test from "ava";
import {
  addToQueue,
  createFixture,
  type Fixture,
  queueRun,
  readLog,
  startWorker,
  storeDag,
  untilState,
} from "./worker-fixture.ts";

/** The clock of the task's machine is five hours ahead of the database's. */
const BUNDLE = `
import { Dag, sensor, timeTrigger, dateTimeSensor } from "daisy-install:/sdk/index.ts";
const RealDate = Date;
const ahead = () => RealDate.now() + 5 * 3_600_000;
// Only in the task's process, not in the one that serializes the DAG.
if (process.env.DAISY_METADATA_URL) globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [ahead()] : args, newTarget),
  get: (target, key) => (key === "now" ? ahead : Reflect.get(target, key)),
});
const dag = new Dag("clock");
const never = () => false;
dag.task("rescheduled", sensor(never, { mode: "reschedule", pokeInterval: 30, timeout: 600 }))();
dag.task("deferred", sensor(never, { deferrable: true, pokeInterval: 30, timeout: 600 }))();
const inAnHour = new RealDate(RealDate.now() + 3_600_000);
dag.task("moment", dateTimeSensor({ targetTime: inAnHour, mode: "reschedule", pokeInterval: 30, timeout: 7_200 }))();
`;

/** Task, the state in which it waits. */
const CASES = [
  ["rescheduled", "up_for_reschedule"],
  ["deferred", "deferred"],
  ["moment", "up_for_reschedule"],
] as const;

for (const [taskId, state] of CASES) {
  test(`a sensor goes by the database's clock, whatever that of its machine says (${taskId})`, async (t) => {
    await using fixture = await createFixture();
    const dag = await storeDag(fixture.database, BUNDLE);
    const worker = startWorker(fixture);
    try {
      const [id] = await queueRun(fixture, dag, [taskId], { add: false });
      const waiting = "update task_instance set waiting_since = now() - interval '10 seconds' where id = $1";
      await fixture.database.query(waiting, [id]);
      await addToQueue(fixture.queue, [id!]);
      const row = await untilState(fixture, id!, state, "failed", "success");
      t.is(row.state, state, await readLog(fixture, row, dag.dagId));
      const seconds = await secondsUntilDue(fixture, id!);
      t.true(seconds <= 30, `due in ${seconds} s`);
    } finally {
      await worker.stop();
    }
  });
}

/** Seconds until the task instance is due again, by the database; it may be late already. */
async function secondsUntilDue({ database }: Fixture, id: string): Promise<number> {
  const { rows } = await database.query<{ seconds: number }>(
    "select extract(epoch from due_at - now())::double precision as seconds from task_instance where id = $1",
    [id],
  );
  return rows[0]!.seconds;
}
