import test from "ava";
import { markInstances } from "#core/database/by-hand/mark-instances.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import type { ClaimedTry, TryOutcome } from "#core/database/tries.ts";
import { createLog } from "#core/log.ts";
import { runScheduler } from "#scheduler/scheduler.ts";
import type { Dag } from "#sdk/index.ts";
import { statesOfRun } from "#test/helpers/run-states.ts";
import { storeDag } from "../core/database/dag-fixture.ts";
import { startFakeWorker } from "./fake-worker.ts";
import { startTestScheduler, type TestScheduler } from "./support.ts";

/** So long that no sweep does what a wake-up should have done. */
const NO_SWEEP = { scheduler: { scheduler_heartbeat_sec: 3_600 } };

/** Ends tries as a test says, by day of the run and task, when it says so. */
class Outcomes implements Disposable {
  #isOver = false;
  readonly #asked = new Map<string, ((outcome: Partial<TryOutcome>) => void)[]>();
  readonly #given = new Map<string, Partial<TryOutcome>>();

  readonly of = ({ logicalDate, taskId }: ClaimedTry): Promise<Partial<TryOutcome>> | Partial<TryOutcome> => {
    const name = `${logicalDate!.getUTCDate()} ${taskId}`;
    if (this.#isOver) return {};
    return this.#given.get(name) ?? new Promise((resolve) => this.#askedOf(name).push(resolve));
  };

  end(name: string, outcome: Partial<TryOutcome> = {}): void {
    this.#given.set(name, outcome);
    for (const resolve of this.#askedOf(name)) resolve(outcome);
  }

  /** Those that wait to be told how a task of a run ends; several when it is mapped. */
  #askedOf(name: string): ((outcome: Partial<TryOutcome>) => void)[] {
    const asked = this.#asked.get(name) ?? [];
    this.#asked.set(name, asked);
    return asked;
  }

  /** Lets everything end: the worker waits for what it runs before it stops. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const resolve of [...this.#asked.values()].flat()) resolve({});
  }
}

async function runOfDay({ database }: TestScheduler, day: number, dagId = "dag"): Promise<number> {
  const { id } = await createManualRun(database, {
    dagId,
    logicalDate: new Date(Date.UTC(2024, 0, day)),
    triggeredBy: "test",
  });
  return id;
}

/** The states of a run's instances: `t`, or `t[0]` for a mapped one. */
const statesOf = ({ database }: TestScheduler, id: number) => statesOfRun(database, id);

async function runState({ database }: TestScheduler, id: number): Promise<string> {
  const { rows } = await database.query("select state from dag_run where id = $1", [id]);
  return rows[0].state;
}

const until = (scheduler: TestScheduler, id: number, name: string, state: string | null) =>
  scheduler.until(`${name} of run ${id} is ${state}`, async () => (await statesOf(scheduler, id))[name] === state);
const untilEnd = (scheduler: TestScheduler, id: number, state: string) =>
  scheduler.until(`run ${id} is ${state}`, async () => (await runState(scheduler, id)) === state);

test.serial(
  "the task of a later run starts as soon as the one of the run before has succeeded, without a sweep",
  async (t) => {
    await using scheduler = await startTestScheduler(NO_SWEEP);
    const outcomes = new Outcomes();
    await using _worker = await startFakeWorker(scheduler.config, scheduler.database, outcomes.of);
    using _ended = outcomes;
    await storeDag(scheduler.database, "dag", (dag) => {
      dag.task("t", async () => 1, { dependsOnPast: true })();
      dag.task("free", async () => 1)();
    });
    const first = await runOfDay(scheduler, 1);
    await until(scheduler, first, "t", "running");
    const second = await runOfDay(scheduler, 2);
    outcomes.end("2 free");
    await until(scheduler, second, "free", "success");
    t.is((await statesOf(scheduler, second)).t, null);
    outcomes.end("1 t");
    await until(scheduler, second, "t", "running");
    t.is(await runState(scheduler, first), "running");
    outcomes.end("2 t");
    await untilEnd(scheduler, second, "success");
  },
);

test.serial("a failure before holds a task back without a deadlock, until it is marked", async (t) => {
  await using scheduler = await startTestScheduler(NO_SWEEP);
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database, ({ logicalDate }) =>
    logicalDate!.getUTCDate() === 1 ? { state: "failed" } : {},
  );
  await storeDag(scheduler.database, "dag", (dag) => dag.task("t", async () => 1, { dependsOnPast: true })());
  const first = await runOfDay(scheduler, 1);
  await untilEnd(scheduler, first, "failed");
  const second = await runOfDay(scheduler, 2);
  await untilEnd(scheduler, second, "running");
  // Another DAG's run takes several rounds: enough for the second look, after which a run that seems stuck is failed.
  await storeDag(scheduler.database, "other", (dag) => {
    const above = dag.task("above", async () => 1)();
    dag
      .task("below", async () => 1)()
      .after(above);
  });
  await scheduler.stop();
  const other = await runOfDay(scheduler, 3, "other");
  scheduler.start();
  await untilEnd(scheduler, other, "success");
  t.is((await statesOf(scheduler, second)).t, null);
  t.is(await runState(scheduler, second), "running");
  await markInstances(
    scheduler.database,
    { dagId: "dag", runs: { runId: "manual__2024-01-01T00:00:00+00:00" }, tasks: ["t"] },
    "success",
  );
  await untilEnd(scheduler, second, "success");
});

for (const [byDefault, unasked] of [
  [true, "success"],
  [false, null],
] as const) {
  const title = `a task that is added to a DAG with runs ${byDefault ? "starts" : "waits where the configuration says so"}, unless it says otherwise`;
  test.serial(title, async (t) => {
    const settings = { ...NO_SWEEP.scheduler, ignore_first_depends_on_past_by_default: byDefault };
    await using scheduler = await startTestScheduler({ scheduler: settings });
    await using _worker = await startFakeWorker(scheduler.config, scheduler.database);
    const old = (dag: Dag) => void dag.task("old", async () => 1, { dependsOnPast: true })();
    await storeDag(scheduler.database, "dag", old);
    await untilEnd(scheduler, await runOfDay(scheduler, 1), "success");
    await storeDag(scheduler.database, "dag", (dag) => {
      old(dag);
      dag.task("unasked", async () => 1, { dependsOnPast: true })();
      dag.task("eager", async () => 1, { dependsOnPast: true, ignoreFirstDependsOnPast: true })();
      dag.task("patient", async () => 1, { dependsOnPast: true, ignoreFirstDependsOnPast: false })();
    });
    const second = await runOfDay(scheduler, 2);
    await until(scheduler, second, "old", "success");
    await until(scheduler, second, "eager", "success");
    await until(scheduler, second, "unasked", unasked);
    t.is((await statesOf(scheduler, second)).patient, null);
  });
}

test.serial("what a trigger rule skipped in the run before lets the task of the next one go", async (t) => {
  await using scheduler = await startTestScheduler(NO_SWEEP);
  const outcomes = new Outcomes();
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database, outcomes.of);
  using _ended = outcomes;
  await storeDag(scheduler.database, "dag", (dag) => {
    const decide = dag.task("decide", async () => 1)();
    dag
      .task("t", async () => 1, { dependsOnPast: true })()
      .after(decide);
  });
  const first = await runOfDay(scheduler, 1);
  await until(scheduler, first, "decide", "running");
  const second = await runOfDay(scheduler, 2);
  outcomes.end("2 decide");
  await until(scheduler, second, "decide", "success");
  t.is((await statesOf(scheduler, second)).t, null);
  outcomes.end("1 decide", { state: "skipped" });
  outcomes.end("2 t");
  await untilEnd(scheduler, second, "success");
  t.is((await statesOf(scheduler, first)).t, "skipped");
});

test.serial("waitForDownstream waits for what comes directly after the task in the run before", async (t) => {
  await using scheduler = await startTestScheduler(NO_SWEEP);
  const outcomes = new Outcomes();
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database, outcomes.of);
  using _ended = outcomes;
  await storeDag(scheduler.database, "dag", (dag) => {
    const first = dag.task("t", async () => 1, { waitForDownstream: true })();
    const below = dag
      .task("below", async () => 1)()
      .after(first);
    dag
      .task("far", async () => 1)()
      .after(below);
  });
  const first = await runOfDay(scheduler, 1);
  outcomes.end("1 t");
  await until(scheduler, first, "below", "running");
  const second = await runOfDay(scheduler, 2);
  await untilEnd(scheduler, second, "running");
  t.is((await statesOf(scheduler, second)).t, null);
  outcomes.end("1 below");
  await until(scheduler, second, "t", "running");
  await until(scheduler, first, "far", "running");
});

test.serial("a task that waits for its past before it is skipped is skipped when its past is done", async (t) => {
  await using scheduler = await startTestScheduler(NO_SWEEP);
  const outcomes = new Outcomes();
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database, outcomes.of);
  using _ended = outcomes;
  await storeDag(scheduler.database, "dag", (dag) => {
    const above = dag.task("above", async () => 1)();
    dag
      .task("t", async () => 1, { dependsOnPast: true, waitForPastDependsBeforeSkipping: true })()
      .after(above);
    dag
      .task("hasty", async () => 1, { dependsOnPast: true })()
      .after(above);
  });
  const first = await runOfDay(scheduler, 1);
  outcomes.end("1 above");
  await until(scheduler, first, "t", "running");
  const second = await runOfDay(scheduler, 2);
  outcomes.end("2 above", { state: "skipped" });
  await until(scheduler, second, "hasty", "skipped");
  t.is((await statesOf(scheduler, second)).t, null);
  outcomes.end("1 t");
  await until(scheduler, second, "t", "skipped");
});

test.serial("mapped tasks wait for all instances of the run before, and two schedulers do no harm", async (t) => {
  await using scheduler = await startTestScheduler();
  const stop = new AbortController();
  const other = runScheduler({ config: scheduler.config, log: createLog("second", "ERROR"), signal: stop.signal });
  const outcomes = new Outcomes();
  await using worker = await startFakeWorker(scheduler.config, scheduler.database, outcomes.of);
  using _ended = outcomes;
  try {
    await storeDag(scheduler.database, "dag", (dag) => {
      dag.task("t", async ({ n }: { n: number }) => n, { dependsOnPast: true }).expand({ n: [1, 2] });
    });
    const first = await runOfDay(scheduler, 1);
    await until(scheduler, first, "t[1]", "running");
    const second = await runOfDay(scheduler, 2);
    await untilEnd(scheduler, second, "running");
    outcomes.end("1 t");
    outcomes.end("2 t");
    await untilEnd(scheduler, first, "success");
    await untilEnd(scheduler, second, "success");
    t.deepEqual(
      worker.claimed.map((claimed) => claimed.logicalDate!.getUTCDate()),
      [1, 1, 2, 2],
    );
  } finally {
    stop.abort();
    await other;
  }
});

test.serial("with catchup the missed runs go one after the other, each through its own tasks", async (t) => {
  await using scheduler = await startTestScheduler(NO_SWEEP);
  await using worker = await startFakeWorker(scheduler.config, scheduler.database);
  const startDate = new Date(Date.now() - 8 * 86_400_000);
  const spec = { schedule: "@daily", startDate, catchup: true, maxActiveRuns: 8 };
  await storeDag(
    scheduler.database,
    "dag",
    (dag) => {
      const first = dag.task("first", async () => 1, { dependsOnPast: true })();
      dag
        .task("last", async () => 1, { dependsOnPast: true })()
        .after(first);
    },
    spec,
  );
  await scheduler.database.query('select pg_notify(\'daisy_run\', \'{"dagRunId":0,"dagId":"dag"}\')');
  const ended = async () => {
    const { rows } = await scheduler.database.query("select count(*)::int as n from dag_run where state = 'success'");
    return rows[0].n as number;
  };
  await scheduler.until("eight runs succeed", async () => (await ended()) >= 8);
  for (const taskId of ["first", "last"]) {
    const dates = worker.claimed.filter((claimed) => claimed.taskId === taskId).map(({ logicalDate }) => logicalDate!);
    t.deepEqual(
      dates,
      dates.toSorted((a, b) => a.getTime() - b.getTime()),
    );
  }
});
