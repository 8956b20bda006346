import { once } from "node:events";
import test from "ava";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { setDagPaused } from "#core/database/dags.ts";
import { createLog } from "#core/log.ts";
import { runScheduler } from "#scheduler/scheduler.ts";
import type { Dag, DagSpec } from "#sdk/index.ts";
import { testRedisUrl } from "#test/helpers/redis.ts";
import { storeDag } from "../core/database/dag-fixture.ts";
import { type Outcome, startFakeWorker } from "./fake-worker.ts";
import { startTestScheduler, type TestScheduler } from "./support.ts";

type Declare = Parameters<typeof storeDag>[2];

const chain =
  (length: number): Declare =>
  (dag) => {
    let last = dag.task("t0", async () => 0)();
    for (let i = 1; i < length; i++)
      last = dag
        .task(`t${i}`, async () => i)()
        .after(last);
  };

async function runState({ database }: TestScheduler, id: number): Promise<string> {
  const { rows } = await database.query("select state from dag_run where id = $1", [id]);
  return rows[0].state;
}

async function taskStates({ database }: TestScheduler, id: number): Promise<Record<string, string | null>> {
  const { rows } = await database.query(
    "select task_id, state from task_instance where dag_run_id = $1 order by task_id",
    [id],
  );
  return Object.fromEntries(rows.map((row) => [row.task_id, row.state]));
}

async function trigger(scheduler: TestScheduler, dagId: string): Promise<number> {
  // Two runs of one millisecond would have one logical date.
  const logicalDate = new Date(firstDate + nextRun++);
  const { id } = await createManualRun(scheduler.database, { dagId, logicalDate, triggeredBy: "test" });
  return id;
}
const firstDate = Date.now();
let nextRun = 0;

/** Waits for the scheduler's first look at its folder, which takes DAGs without a file for gone. */
async function folderIsSeen(scheduler: TestScheduler): Promise<void> {
  await scheduler.write("seen.ts", 'import { Dag } from "daisy";\nnew Dag("seen");\n');
  await scheduler.until("the file is seen", async () => {
    const { rows } = await scheduler.database.query("select from dag where dag_id = 'seen'");
    return rows.length === 1;
  });
}

/** Lets the tasks of a run end without a word, which only a sweep finds, and then another one. */
async function twoSweepsGoBy(scheduler: TestScheduler): Promise<void> {
  const declare: Declare = (dag) => {
    const first = dag.task("t0", async () => 0, { queue: "unserved" })();
    dag
      .task("t1", async () => 1, { queue: "unserved" })()
      .after(first);
  };
  await storeDag(scheduler.database, "swept", declare);
  const id = await trigger(scheduler, "swept");
  for (const taskId of ["t0", "t1"]) {
    await scheduler.until(`${taskId} is queued`, async () => (await taskStates(scheduler, id))[taskId] === "queued");
    await scheduler.database.query(
      "update task_instance set state = 'success' where dag_run_id = $1 and task_id = $2",
      [id, taskId],
    );
  }
  await ends(scheduler, id);
}

async function ends(scheduler: TestScheduler, id: number): Promise<string> {
  const isEnded = async () => ["success", "failed"].includes(await runState(scheduler, id));
  await scheduler.until("the run ends", isEnded);
  return runState(scheduler, id);
}

test.serial("a chain's tasks run one after the other, each once", async (t) => {
  await using scheduler = await startTestScheduler();
  await using worker = await startFakeWorker(scheduler.config, scheduler.database);
  await storeDag(scheduler.database, "chain", chain(40));
  const startedAt = performance.now();
  t.is(await ends(scheduler, await trigger(scheduler, "chain")), "success");
  t.log(`${(performance.now() - startedAt).toFixed(0)} ms`);
  t.deepEqual(
    worker.claimed.map((claimed) => [claimed.taskId, claimed.tryNumber]),
    Array.from({ length: 40 }, (_, i) => [`t${i}`, 1]),
  );
});

test.serial("a thousand tasks side by side all run, between a first and a last one", async (t) => {
  await using scheduler = await startTestScheduler();
  await using worker = await startFakeWorker(scheduler.config, scheduler.database);
  const fan: Declare = (dag) => {
    const first = dag.task("first", async () => 0)();
    const last = dag.task("last", async () => 0)();
    for (let i = 0; i < 1000; i++)
      dag
        .task(`t${i}`, async () => i)()
        .after(first)
        .before(last);
  };
  await storeDag(scheduler.database, "fan", fan, { maxActiveTasks: 1000 });
  const startedAt = performance.now();
  t.is(await ends(scheduler, await trigger(scheduler, "fan")), "success");
  const seconds = (performance.now() - startedAt) / 1000;
  t.log(`${(1002 / seconds).toFixed(0)} tasks/s`);
  t.is(worker.claimed.length, 1002);
  t.is(new Set(worker.claimed.map((claimed) => claimed.taskId)).size, 1002);
  t.is(worker.claimed.at(-1)!.taskId, "last");
});

interface EndCase {
  readonly title: string;
  readonly declare: Declare;
  readonly spec?: DagSpec;
  readonly outcome?: Outcome;
  readonly run: "success" | "failed";
  readonly tasks: Readonly<Record<string, string>>;
}

const failTask =
  (...ids: readonly string[]): Outcome =>
  ({ taskId }) =>
    ids.includes(taskId) ? { state: "failed" } : {};

const ENDS: readonly EndCase[] = [
  { title: "a run without tasks succeeds", declare: () => undefined, run: "success", tasks: {} },
  {
    title: "what is downstream of a failed task is upstream_failed, and the run fails",
    declare: chain(4),
    outcome: failTask("t1"),
    run: "failed",
    tasks: { t0: "success", t1: "failed", t2: "upstream_failed", t3: "upstream_failed" },
  },
  {
    title: "a failed task in the middle does not matter when the leaf succeeds",
    declare: (dag) => {
      const middle = dag.task("middle", async () => 1)();
      dag
        .task("leaf", async () => 1, { triggerRule: "all_done" })()
        .after(middle);
    },
    outcome: failTask("middle"),
    run: "success",
    tasks: { middle: "failed", leaf: "success" },
  },
  {
    title: "a skip goes on down to a task that does not mind",
    declare: (dag) => {
      const first = dag.task("first", async () => 1)();
      const second = dag
        .task("second", async () => 1)()
        .after(first);
      dag
        .task("join", async () => 1, { triggerRule: "none_failed" })()
        .after(second);
    },
    outcome: ({ taskId }) => (taskId === "first" ? { state: "skipped" } : {}),
    run: "success",
    tasks: { first: "skipped", second: "skipped", join: "success" },
  },
  {
    title: "a rule that a success rules out is settled while others still run",
    declare: (dag) => {
      const ok = dag.task("ok", async () => 1)();
      const bad = dag.task("bad", async () => 1)();
      dag
        .task("alarm", async () => 1, { triggerRule: "one_failed" })()
        .after(ok, bad);
      dag
        .task("never", async () => 1, { triggerRule: "all_failed" })()
        .after(ok, bad);
    },
    outcome: failTask("bad"),
    run: "success",
    tasks: { ok: "success", bad: "failed", alarm: "success", never: "skipped" },
  },
  {
    title: "a failed try runs again while retries are left",
    declare: (dag) => dag.task("t", async () => 1, { retries: 2 })(),
    outcome: ({ tryNumber }) => (tryNumber <= 2 ? { state: "up_for_retry", dueIn: 0.2 } : {}),
    run: "success",
    tasks: { t: "success" },
  },
  {
    title: "a run that takes longer than its dagrunTimeout fails, and its tasks are skipped",
    declare: chain(2),
    spec: { dagrunTimeout: 0.5 },
    outcome: (_, signal) => once(signal, "abort").then(() => ({})),
    run: "failed",
    tasks: { t0: "skipped", t1: "skipped" },
  },
];

for (const { title, declare, spec, outcome, run, tasks } of ENDS) {
  test.serial(title, async (t) => {
    await using scheduler = await startTestScheduler();
    await using _worker = await startFakeWorker(scheduler.config, scheduler.database, outcome);
    await storeDag(scheduler.database, "dag", declare, spec);
    const id = await trigger(scheduler, "dag");
    t.is(await ends(scheduler, id), run);
    t.deepEqual(await taskStates(scheduler, id), tasks);
  });
}

test.serial("a task whose upstream was removed can never run: the run fails as a deadlock", async (t) => {
  await using scheduler = await startTestScheduler();
  await storeDag(scheduler.database, "dag", chain(2));
  await setDagPaused(scheduler.database, "dag", true);
  const id = await trigger(scheduler, "dag");
  await scheduler.database.query("update task_instance set state = 'removed' where task_id = 't0'");
  await setDagPaused(scheduler.database, "dag", false);
  t.is(await ends(scheduler, id), "failed");
  await scheduler.until("the deadlock is logged", async () =>
    scheduler.lines.some((line) => line.includes("Deadlock; marking run")),
  );
});

test.serial(
  "a run of a paused DAG stays queued until the DAG is unpaused; a running one finishes its task",
  async (t) => {
    await using scheduler = await startTestScheduler();
    const { database } = scheduler;
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using worker = await startFakeWorker(scheduler.config, database, async ({ taskId }) => {
      if (taskId === "t0") await held;
      return {};
    });
    await storeDag(database, "dag", chain(2));
    const running = await trigger(scheduler, "dag");
    await scheduler.until("t0 runs", async () => worker.claimed.length === 1);
    await setDagPaused(database, "dag", true);
    const waiting = await trigger(scheduler, "dag");
    release();
    await scheduler.until("t0 ends", async () => (await taskStates(scheduler, running)).t0 === "success");
    await twoSweepsGoBy(scheduler);
    t.deepEqual(await taskStates(scheduler, running), { t0: "success", t1: null } as never);
    t.is(await runState(scheduler, waiting), "queued");
    await setDagPaused(database, "dag", false);
    t.is(await ends(scheduler, running), "success");
    t.is(await ends(scheduler, waiting), "success");
  },
);

const ENDS_WHILE_PAUSED: readonly {
  what: string;
  after: Parameters<Dag["task"]>[2];
  first: "success" | "failed";
  below: string;
  run: string;
}[] = [
  { what: "a failed task", after: {}, first: "failed", below: "upstream_failed", run: "failed" },
  { what: "no failed task", after: { triggerRule: "all_failed" }, first: "success", below: "skipped", run: "success" },
];
for (const { what, after, first, below, run } of ENDS_WHILE_PAUSED) {
  test.serial(`a run of a paused DAG ends when nothing is left to run in it: ${what}`, async (t) => {
    await using scheduler = await startTestScheduler();
    const { database } = scheduler;
    await folderIsSeen(scheduler);
    const release = new AbortController();
    await using worker = await startFakeWorker(scheduler.config, database, async () => {
      if (!release.signal.aborted) await once(release.signal, "abort");
      return { state: first };
    });
    const declare = (dag: Dag) => {
      const t0 = dag.task("t0", async () => 1)();
      dag
        .task("t1", async () => 1, after)()
        .after(t0);
    };
    await storeDag(database, "dag", declare);
    const id = await trigger(scheduler, "dag");
    await scheduler.until("t0 runs", async () => worker.claimed.length === 1);
    await setDagPaused(database, "dag", true);
    release.abort();
    t.is(await ends(scheduler, id), run);
    t.deepEqual(await taskStates(scheduler, id), { t0: first, t1: below });
  });
}

test.serial("with catchup every missed run is created once, oldest first, as many at a time as may run", async (t) => {
  await using scheduler = await startTestScheduler();
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database);
  await folderIsSeen(scheduler);
  const startDate = new Date(Date.now() - 10 * 86_400_000);
  await storeDag(scheduler.database, "daily", chain(1), {
    schedule: "@daily",
    startDate,
    catchup: true,
    maxActiveRuns: 2,
  });
  await setDagPaused(scheduler.database, "daily", false);
  const count = async () => {
    const { rows } = await scheduler.database.query("select count(*)::int as n from dag_run where state = 'success'");
    return rows[0].n as number;
  };
  await scheduler.until("ten runs succeed", async () => (await count()) === 10);
  const { rows } = await scheduler.database.query(
    "select run_id, logical_date = lag(logical_date) over (order by id) + interval '1 day' as follows from dag_run order by id",
  );
  t.true(rows.slice(1).every((row) => row.follows));
  t.regex(rows[0].run_id, /^scheduled__\d{4}-\d\d-\d\dT00:00:00\+00:00$/);
});

test.serial("without catchup an old start date gives one run, and a schedule by the second goes on", async (t) => {
  await using scheduler = await startTestScheduler();
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database);
  await folderIsSeen(scheduler);
  await storeDag(scheduler.database, "daily", chain(1), { schedule: "@daily", startDate: new Date("2020-01-01") });
  await storeDag(scheduler.database, "seconds", chain(1), {
    schedule: "* * * * * */2",
    startDate: new Date("2020-01-01"),
  });
  await setDagPaused(scheduler.database, "daily", false);
  const counts = async () => {
    const { rows } = await scheduler.database.query(
      "select dag_id, count(*)::int as n from dag_run where logical_date > now() - interval '6 seconds' or dag_id = 'daily' group by dag_id order by dag_id",
    );
    return rows;
  };
  await scheduler.until("three runs by the second", async () => (await counts())[1]?.n >= 3);
  t.is((await counts())[0].n, 1);
});

test.serial("what Redis forgets is told again", async (t) => {
  await using scheduler = await startTestScheduler();
  await storeDag(scheduler.database, "dag", chain(3));
  const id = await trigger(scheduler, "dag");
  await scheduler.until("t0 is queued", async () => (await taskStates(scheduler, id)).t0 === "queued");
  await scheduler.stop();
  // The job is in a Redis that nobody listens to; another one knows nothing of it.
  Object.assign(scheduler.config, { celery: { ...scheduler.config.celery, broker_url: testRedisUrl() } });
  scheduler.start();
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database);
  t.is(await ends(scheduler, id), "success");
});

test.serial("a scheduler that starts in the middle of a run goes on with it", async (t) => {
  await using scheduler = await startTestScheduler();
  await storeDag(scheduler.database, "dag", chain(3));
  const id = await trigger(scheduler, "dag");
  await scheduler.until("t0 is queued", async () => (await taskStates(scheduler, id)).t0 === "queued");
  await scheduler.stop();
  await scheduler.database.query("update task_instance set state = 'success' where task_id = 't0'");
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database);
  scheduler.start();
  t.is(await ends(scheduler, id), "success");
});

test.serial("a change that nobody was told of is found by the sweep", async (t) => {
  await using scheduler = await startTestScheduler();
  await storeDag(scheduler.database, "dag", chain(2));
  const id = await trigger(scheduler, "dag");
  await scheduler.until("t0 is queued", async () => (await taskStates(scheduler, id)).t0 === "queued");
  await scheduler.database.query("update task_instance set state = 'success' where task_id = 't0'");
  await scheduler.until("t1 is queued", async () => (await taskStates(scheduler, id)).t1 === "queued");
  t.is(await runState(scheduler, id), "running");
});

test.serial("with two schedulers no task runs twice", async (t) => {
  await using scheduler = await startTestScheduler();
  const stop = new AbortController();
  const second = runScheduler({ config: scheduler.config, log: createLog("second", "ERROR"), signal: stop.signal });
  await using worker = await startFakeWorker(scheduler.config, scheduler.database);
  try {
    await scheduler.until("both schedulers run", async () => {
      const { rows } = await scheduler.database.query(
        "select from job where job_type = 'SchedulerJob' and state = 'running'",
      );
      return rows.length === 2;
    });
    await storeDag(scheduler.database, "dag", chain(10));
    const ids: number[] = [];
    for (let i = 0; i < 10; i++) ids.push(await trigger(scheduler, "dag"));
    for (const id of ids) t.is(await ends(scheduler, id), "success");
    t.is(worker.claimed.length, 100);
    t.is(new Set(worker.claimed.map((claimed) => `${claimed.dagRunId} ${claimed.taskId}`)).size, 100);
  } finally {
    stop.abort();
    await second;
  }
});

test.serial("broken database connections in the middle of a run are made again, and the run ends", async (t) => {
  await using scheduler = await startTestScheduler();
  await using worker = await startFakeWorker(scheduler.config, scheduler.database);
  await storeDag(scheduler.database, "dag", chain(30));
  const id = await trigger(scheduler, "dag");
  await scheduler.until("some tasks ran", async () => worker.claimed.length > 5);
  await scheduler.database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name in ('daisy-scheduler', 'daisy-listen')",
  );
  t.is(await ends(scheduler, id), "success");
  t.is(worker.claimed.length, 30);
});

test.serial("a notification that is none of ours does no harm", async (t) => {
  await using scheduler = await startTestScheduler();
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database);
  await storeDag(scheduler.database, "dag", chain(2));
  for (const payload of ["", "{", "null", "[]", '{"dagRunId":"1"}']) {
    await scheduler.database.query("select pg_notify('daisy_run', $1), pg_notify('daisy_parse', $1)", [payload]);
  }
  t.is(await ends(scheduler, await trigger(scheduler, "dag")), "success");
});
