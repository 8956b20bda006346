import "#test/helpers/property-seed.ts";
import test from "ava";
import fc from "fast-check";
import { connect, type Queryable, transaction } from "#core/database/connect.ts";
import { startQueuedRuns } from "#core/database/dag-runs.ts";
import { queueTasks } from "#core/database/ready-tasks.ts";
import { DECIDING_SETTINGS } from "#scheduler/scheduler.ts";
import { createTestDatabase, type TestDatabase } from "#test/helpers/database.ts";
import { until } from "#test/helpers/until.ts";
import { mayStart, nameOf, rowsRead, seedWorld, type World, type WorldTask } from "./limits-world.ts";

/** Asks for what is ready, as a scheduler does; returns the names of what this call queued. */
async function queue(db: Queryable, world: World, ids: readonly number[]): Promise<string[]> {
  const ready = world.tasks.filter(({ state }) => state === null);
  const { tasks } = await queueTasks(
    db,
    ready.map(({ run, taskId, mapIndex = -1 }) => ({ dagRunId: ids[run]!, taskId, mapIndex })),
    world.parallelism ?? 1_000,
    world.served,
  );
  const queued = tasks.filter(({ state, ours }) => state === "queued" && ours);
  return queued
    .map(({ dagRunId, taskId, mapIndex }) => nameOf({ run: ids.indexOf(dagRunId), taskId, mapIndex }))
    .sort();
}

const many = (count: number, make: (index: number) => WorldTask): WorldTask[] =>
  Array.from({ length: count }, (_, i) => make(i));
const tasks = (count: number, more: Partial<WorldTask> = {}): WorldTask[] =>
  many(count, (index) => ({ run: 0, taskId: `t${index}`, ...more }));
const mapped = (count: number, more: Partial<WorldTask> = {}): WorldTask[] =>
  many(count, (mapIndex) => ({ run: 0, taskId: "m", mapIndex, ...more }));

interface Case {
  readonly title: string;
  readonly world: Partial<World> & Pick<World, "tasks">;
  readonly starts: readonly string[];
}

const ONE_RUN = { dags: [{ dagId: "a" }], runs: [{ dagId: "a", day: 1 }] };
const THREE_RUNS = {
  dags: [{ dagId: "a" }, { dagId: "b" }],
  runs: [
    { dagId: "a", day: 1 },
    { dagId: "a", day: 2 },
    { dagId: "b", day: 3 },
  ],
};

const CASES: readonly Case[] = [
  {
    title: "limit 1: parallelism counts what is queued, running and restarting everywhere",
    world: {
      ...THREE_RUNS,
      parallelism: 5,
      tasks: [
        { run: 0, taskId: "r", state: "running" },
        { run: 1, taskId: "q", state: "queued" },
        { run: 2, taskId: "s", state: "restarting" },
        ...tasks(4),
      ],
    },
    starts: ["0/t0", "0/t1"],
  },
  {
    title: "limit 1: below zero, as when a scheduler has gone, parallelism starts nothing",
    world: { parallelism: 1, tasks: [...tasks(3, { state: "running" }), { run: 0, taskId: "x" }] },
    starts: [],
  },
  {
    title: "limit 2: when no pool has an open slot nothing starts",
    world: {
      pools: [{ pool: "default_pool", slots: 1 }],
      tasks: [{ run: 0, taskId: "r", state: "running" }, ...tasks(2)],
    },
    starts: [],
  },
  {
    title: "limit 4: what names a pool that does not exist never starts, and stops nobody",
    world: { tasks: [{ run: 0, taskId: "lost", pool: "nowhere", weight: 9 }, ...tasks(1)] },
    starts: ["0/t0"],
  },
  {
    title: "limit 5: a full pool lets other pools' tasks of lower priority pass",
    world: {
      pools: [{ pool: "small", slots: 1 }],
      tasks: [...many(200, (i) => ({ run: 0, taskId: `s${i}`, pool: "small", weight: 99 })), ...tasks(2)],
      dags: [{ dagId: "a", maxActiveTasks: 500 }],
    },
    starts: ["0/s0", "0/t0", "0/t1"],
  },
  {
    title: "limit 6: what wants more slots than its pool has never starts, and those behind it pass",
    world: {
      pools: [{ pool: "small", slots: 2 }],
      tasks: [
        { run: 0, taskId: "wide", pool: "small", poolSlots: 3, weight: 9 },
        { run: 0, taskId: "fits", pool: "small", poolSlots: 2 },
      ],
    },
    starts: ["0/fits"],
  },
  {
    title: "limit 7: what wants more slots than are open is passed by a lower priority, and has its turn when they are",
    world: {
      pools: [{ pool: "p", slots: 4 }],
      tasks: [
        { run: 0, taskId: "r", pool: "p", poolSlots: 2, state: "running" },
        { run: 0, taskId: "wide", pool: "p", poolSlots: 3, weight: 9 },
        ...tasks(3, { pool: "p" }),
      ],
    },
    starts: ["0/t0", "0/t1"],
  },
  {
    title: "limit 8: max_active_tasks holds for each run by itself",
    world: {
      ...THREE_RUNS,
      dags: [{ dagId: "a", maxActiveTasks: 2 }, { dagId: "b" }],
      tasks: [{ run: 0, taskId: "r", state: "running" }, ...tasks(3), ...tasks(3, { run: 1 }), ...tasks(3, { run: 2 })],
    },
    starts: ["0/t0", "1/t0", "1/t1", "2/t0", "2/t1", "2/t2"],
  },
  {
    title: "limit 9: max_active_tis_per_dag holds for a task over all runs of its DAG, and for no other DAG's",
    world: {
      ...THREE_RUNS,
      tasks: [
        { run: 1, taskId: "t", perDag: 2, state: "running" },
        ...many(2, (run) => ({ run, taskId: "other" })),
        { run: 0, taskId: "m", mapIndex: 0, perDag: 1 },
        { run: 0, taskId: "m", mapIndex: 1, perDag: 1 },
        { run: 0, taskId: "t", perDag: 2 },
        { run: 2, taskId: "t", perDag: 1 },
      ],
    },
    starts: ["0/m[0]", "0/other", "0/t", "1/other", "2/t"],
  },
  {
    title: "limit 10: max_active_tis_per_dagrun holds for a mapped task in each run",
    world: { ...THREE_RUNS, tasks: [...mapped(4, { perRun: 2 }), ...mapped(4, { run: 1, perRun: 2 })] },
    starts: ["0/m[0]", "0/m[1]", "1/m[0]", "1/m[1]"],
  },
  {
    title: "a backfill is not blocked by a limited task that waits in it: its other tasks go on",
    world: {
      ...THREE_RUNS,
      tasks: [
        { run: 0, taskId: "t", perDag: 1, state: "running" },
        ...many(2, (run) => ({ run, taskId: "t2", perDag: 1 })),
        { run: 1, taskId: "t", perDag: 1 },
        { run: 1, taskId: "free" },
      ],
    },
    starts: ["0/t2", "1/free"],
  },
  {
    title: "a pool of -1 slots has no end",
    world: {
      dags: [{ dagId: "a", maxActiveTasks: 500 }],
      pools: [{ pool: "default_pool", slots: -1 }],
      tasks: tasks(300),
    },
    starts: tasks(300).map(nameOf),
  },
  {
    title: "of a pool of 5, with one running and one queued, 3 slots are open",
    world: {
      pools: [{ pool: "p", slots: 5 }],
      tasks: [
        { run: 0, taskId: "r", pool: "p", state: "running" },
        { run: 0, taskId: "q", pool: "p", state: "queued" },
        ...tasks(9, { pool: "p" }),
      ],
    },
    starts: ["0/t0", "0/t1", "0/t2"],
  },
  ...[false, true].map((includeDeferred) => ({
    title: `a deferred task ${includeDeferred ? "keeps its slot in a pool that includes deferred" : "gives its slot back"}`,
    world: {
      pools: [{ pool: "p", slots: 1, includeDeferred }],
      tasks: [{ run: 0, taskId: "d", pool: "p", state: "deferred" as const }, ...tasks(2, { pool: "p" })],
    },
    starts: includeDeferred ? [] : ["0/t0"],
  })),
  {
    title: "a pool that was made smaller than what runs in it starts nothing until it is below its slots again",
    world: {
      pools: [{ pool: "p", slots: 1 }],
      tasks: [
        ...tasks(3, { pool: "p", state: "running" }),
        { run: 0, taskId: "x", pool: "p" },
        { run: 0, taskId: "y" },
      ],
    },
    starts: ["0/y"],
  },
  {
    title: "order: the higher priority, then the older logical date, then the lower map index",
    world: {
      ...THREE_RUNS,
      parallelism: 5,
      tasks: [...mapped(3, { run: 0 }), ...mapped(3, { run: 1, weight: 2 }), { run: 2, taskId: "young", weight: 3 }],
    },
    starts: ["0/m[0]", "1/m[0]", "1/m[1]", "1/m[2]", "2/young"],
  },
  {
    title: "order: two runs of one date take turns by map index",
    world: {
      dags: [{ dagId: "a" }, { dagId: "b" }],
      runs: [
        { dagId: "a", day: 1 },
        { dagId: "b", day: 1 },
      ],
      parallelism: 4,
      tasks: [...mapped(5), ...mapped(5, { run: 1 })],
    },
    starts: ["0/m[0]", "0/m[1]", "1/m[0]", "1/m[1]"],
  },
  {
    title: "order: what is ready now and what has waited are one line",
    world: {
      ...THREE_RUNS,
      parallelism: 2,
      tasks: [
        { run: 1, taskId: "ready", state: null, weight: 5 },
        { run: 2, taskId: "late", state: null },
        { run: 0, taskId: "waited" },
      ],
    },
    starts: ["0/waited", "1/ready"],
  },
  {
    title: "nothing of a paused DAG starts, and it holds back nobody",
    world: {
      ...THREE_RUNS,
      dags: [{ dagId: "a", isPaused: true }, { dagId: "b" }],
      tasks: [...tasks(200, { weight: 9 }), ...tasks(2, { run: 1, state: null }), { run: 2, taskId: "t" }],
    },
    starts: ["2/t"],
  },
  {
    title: "nothing starts in a run that is queued itself",
    world: {
      ...THREE_RUNS,
      runs: [{ dagId: "a", day: 1, state: "queued" as const }, ...THREE_RUNS.runs.slice(1)],
      tasks: [
        { run: 0, taskId: "t" },
        { run: 1, taskId: "t" },
      ],
    },
    starts: ["1/t"],
  },
  {
    title: "a queue that no worker serves holds no slot, however much waits for it, nor one of its pool",
    world: {
      served: ["default"],
      pools: [{ pool: "license", slots: 1 }],
      parallelism: 3,
      tasks: [
        ...tasks(50, { queue: "gpu", weight: 9 }),
        ...many(2, (index) => ({ run: 0, taskId: `l${index}`, pool: "license", queue: "gpu", weight: 9 })),
        { run: 0, taskId: "x" },
        { run: 0, taskId: "y", state: null },
        { run: 0, taskId: "z", pool: "license" },
        { run: 0, taskId: "ready", queue: "gpu", state: null, weight: 9 },
      ],
    },
    starts: ["0/x", "0/y", "0/z"],
  },
  {
    title: "a queue that no worker serves any more gets no other slot than it has",
    world: {
      served: ["default"],
      tasks: [
        { run: 0, taskId: "q", queue: "gpu", state: "queued" },
        { run: 0, taskId: "g", queue: "gpu" },
        { run: 0, taskId: "ready", queue: "gpu", state: null },
        { run: 0, taskId: "x" },
      ],
    },
    starts: ["0/x"],
  },
];

let fixture: TestDatabase;
test.before(async () => {
  fixture = await createTestDatabase();
});
test.after.always(() => fixture?.[Symbol.asyncDispose]());

for (const { title, world, starts } of CASES) {
  test.serial(title, async (t) => {
    const whole = { ...ONE_RUN, ...world };
    const expected = [...starts].sort();
    t.deepEqual(mayStart(whole).sort(), expected, "by the rules as they are written down");
    const ids = await seedWorld(fixture.database, whole);
    t.deepEqual(await queue(fixture.database, whole, ids), expected, "by the database");
  });
}

const POOLS = ["default_pool", "p", "q", "nowhere"];
const QUEUES = ["default", "gpu", "tpu"];
const TASKS = ["t0", "t1", "t2", "m0", "m1"];
const STATES = [
  "scheduled",
  "scheduled",
  "scheduled",
  null,
  null,
  "queued",
  "running",
  "restarting",
  "deferred",
] as const;

/** Worlds in which every limit is reached now and then. */
const worlds: fc.Arbitrary<World> = fc
  .record({
    parallelism: fc.integer({ min: 0, max: 40 }),
    slots: fc.array(fc.integer({ min: -1, max: 30 }), { minLength: 3, maxLength: 3 }),
    includeDeferred: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    dags: fc.array(fc.record({ maxActiveTasks: fc.integer({ min: 1, max: 9 }), isPaused: fc.boolean() }), {
      minLength: 1,
      maxLength: 3,
    }),
    runs: fc.array(fc.record({ dag: fc.nat(2), day: fc.integer({ min: 1, max: 3 }), isQueued: fc.nat(9) }), {
      minLength: 1,
      maxLength: 6,
    }),
    // Of each task of each DAG.
    limits: fc.array(
      fc.record({
        perDag: fc.option(fc.integer({ min: 1, max: 3 }), { freq: 1 }),
        perRun: fc.option(fc.integer({ min: 1, max: 2 }), { freq: 1 }),
      }),
      { minLength: 15, maxLength: 15 },
    ),
    served: fc.option(fc.subarray(QUEUES), { freq: 1 }),
    tasks: fc.array(
      fc.record({
        run: fc.nat(5),
        taskId: fc.constantFrom(...TASKS),
        place: fc.nat(4),
        state: fc.constantFrom(...STATES),
        pool: fc.constantFrom(...POOLS),
        poolSlots: fc.integer({ min: 1, max: 3 }),
        queue: fc.constantFrom(...QUEUES),
        weight: fc.integer({ min: -1, max: 2 }),
      }),
      { minLength: 15, maxLength: 40 },
    ),
  })
  .map(({ parallelism, slots, includeDeferred, dags, runs, served, limits, tasks }) => {
    const instances = tasks.map(({ place, run, ...task }) => {
      const dag = runs[run % runs.length]!.dag % dags.length;
      // What runs in a version that had no limit counts all the same.
      const isOld = task.state === "running" && place === 0;
      return {
        ...task,
        ...(isOld ? {} : limits[dag * TASKS.length + TASKS.indexOf(task.taskId)]!),
        run: run % runs.length,
        mapIndex: task.taskId.startsWith("m") ? place : -1,
      };
    });
    return {
      parallelism,
      served,
      pools: slots.map((count, index) => ({
        ...{ pool: POOLS[index]!, slots: count, includeDeferred: includeDeferred[index]! },
      })),
      dags: dags.map(({ isPaused, ...dag }, index) => ({
        ...dag,
        dagId: `d${index}`,
        isPaused: isPaused && index === 1,
      })),
      runs: runs.map(({ dag, day, isQueued }) => ({
        ...{ dagId: `d${dag % dags.length}`, day, state: isQueued === 9 ? ("queued" as const) : ("running" as const) },
      })),
      tasks: [...new Map(instances.map((task) => [nameOf(task), task])).values()],
    };
  });

test.serial("whatever waits, what starts is all that may, in order, and nothing that a limit forbids", async (t) => {
  let chosen = 0;
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const ids = await seedWorld(fixture.database, world);
      const expected = mayStart(world).sort();
      chosen += expected.length;
      t.deepEqual(await queue(fixture.database, world, ids), expected);
    }),
    { numRuns: 60, endOnFailure: true },
  );
  t.log(`${chosen} were to start`);
  t.true(chosen > 60);
});

test.serial("schedulers that ask at once start together what one alone would, each task instance once", async (t) => {
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const ids = await seedWorld(fixture.database, world);
      const answers = await Promise.all(Array.from({ length: 3 }, () => queue(fixture.database, world, ids)));
      t.deepEqual(answers.flat().sort(), mayStart(world).sort());
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test.serial("schedulers that ask at once for different tasks do not both give the last slot away", async (t) => {
  const [first, second] = tasks(2, { state: null, pool: "p" });
  const world = { ...ONE_RUN, pools: [{ pool: "p", slots: 1 }], tasks: [first!, second!] };
  const ids = await seedWorld(fixture.database, world);
  const later = await transaction(fixture.database, async (tx) => {
    t.deepEqual(await queue(tx, { ...world, tasks: [first!] }, ids), ["0/t0"]);
    let hasAnswered = false;
    const asking = queue(fixture.database, { ...world, tasks: [second!] }, ids).finally(() => {
      hasAnswered = true;
    });
    await until("the second waits for the first to commit", async () => {
      const { rows } = await fixture.database.query(
        `select from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database()
          where locktype = 'advisory' and not granted`,
      );
      return hasAnswered || rows.length > 0;
    });
    return { asking };
  });
  t.deepEqual(await later.asking, []);
});

test.serial("the order holds over more runs than are looked at in one step, and full ones on the way", async (t) => {
  const runs = Array.from({ length: 150 }, (_, index) => ({ dagId: index % 3 === 0 ? "narrow" : "wide", day: index }));
  const world: World = {
    dags: [
      { dagId: "narrow", maxActiveTasks: 1 },
      { dagId: "wide", maxActiveTasks: 2 },
    ],
    pools: [{ pool: "other", slots: 30 }],
    parallelism: 90,
    runs,
    tasks: runs.flatMap((_, run) => [
      { run, taskId: "a", state: run % 5 === 0 ? "running" : "scheduled" },
      { run, taskId: "b", pool: "other", weight: run % 2 },
      { run, taskId: "c", weight: 3, perDag: 20 },
    ]),
  };
  const ids = await seedWorld(fixture.database, world);
  t.deepEqual(await queue(fixture.database, world, ids), mayStart(world).sort());
});

test.serial("slots that become free go to whoever is next, until nothing is left", async (t) => {
  await fc.assert(
    fc.asyncProperty(worlds, async (drawn) => {
      let world = drawn;
      const ids = await seedWorld(fixture.database, world);
      for (;;) {
        const started = await queue(fixture.database, world, ids);
        t.deepEqual(started, mayStart(world).sort());
        if (started.length === 0) return;
        // All that ran before has ended when the next ones are asked for.
        await fixture.database.query(
          "update task_instance set state = 'success' where state in ('running', 'restarting')",
        );
        await fixture.database.query("update task_instance set state = 'running' where state = 'queued'");
        const isActive = (state: WorldTask["state"]) => state === "running" || state === "restarting";
        world = {
          ...world,
          tasks: world.tasks
            .filter(({ state }) => !isActive(state))
            .map((task) => {
              const goesOn = task.state === "queued" || started.includes(nameOf(task));
              return {
                ...task,
                state: goesOn ? "running" : task.state === null ? "scheduled" : task.state,
              } as WorldTask;
            }),
        };
      }
    }),
    { numRuns: 10, endOnFailure: true },
  );
});

/** Much that may not start now, of higher priority and an older date than the one task that may. */
interface Backlog {
  readonly title: string;
  readonly world: (size: number) => Omit<World, "tasks"> & { readonly tasks: readonly WorldTask[] };
}

const little = (run: number): WorldTask => ({ run, taskId: "little" });
const LATER = [{ dagId: "little" }];
const twoRuns = (more: Partial<World> = {}): Omit<World, "tasks"> => ({
  dags: [{ dagId: "big", maxActiveTasks: 100_000 }, ...LATER],
  runs: [
    { dagId: "big", day: 1 },
    { dagId: "little", day: 2 },
  ],
  ...more,
});
const big = (size: number, more: Partial<WorldTask>): WorldTask[] => [
  ...tasks(size, { weight: 9, ...more }),
  little(1),
];

const BACKLOGS: readonly Backlog[] = [
  {
    title: "a full pool",
    world: (size) => ({
      ...twoRuns({ pools: [{ pool: "small", slots: 0 }] }),
      tasks: big(size, { pool: "small" }),
    }),
  },
  { title: "a pool that does not exist", world: (size) => ({ ...twoRuns(), tasks: big(size, { pool: "nowhere" }) }) },
  {
    title: "tasks that want more slots than are open",
    world: (size) => ({
      ...twoRuns({ pools: [{ pool: "default_pool", slots: 2 }] }),
      tasks: big(size, { poolSlots: 3 }),
    }),
  },
  {
    title: "a run at its max_active_tasks",
    world: (size) => ({
      ...twoRuns({ dags: [{ dagId: "big", maxActiveTasks: 1 }, ...LATER] }),
      tasks: [{ run: 0, taskId: "running", state: "running" }, ...big(size, {})],
    }),
  },
  {
    title: "a mapped task of a run at its max_active_tasks",
    world: (size) => ({
      ...twoRuns({ dags: [{ dagId: "big", maxActiveTasks: 1 }, ...LATER] }),
      tasks: [{ run: 0, taskId: "running", state: "running" }, ...mapped(size, { weight: 9 }), little(1)],
    }),
  },
  {
    title: "a mapped task at its max_active_tis_per_dag",
    world: (size) => ({
      ...twoRuns(),
      tasks: [
        { run: 0, taskId: "m", state: "running", perDag: 1 },
        ...mapped(size, { weight: 9, perDag: 1 }),
        little(1),
      ],
    }),
  },
  {
    title: "a mapped task at its max_active_tis_per_dagrun",
    world: (size) => ({
      ...twoRuns(),
      tasks: [
        { run: 0, taskId: "m", state: "running", perRun: 1 },
        ...mapped(size, { weight: 9, perRun: 1 }),
        little(1),
      ],
    }),
  },
  {
    title: "a backfill of many runs with a task at its max_active_tis_per_dag",
    world: (size) => ({
      dags: [{ dagId: "big" }, ...LATER],
      runs: [...Array.from({ length: size }, (_, day) => ({ dagId: "big", day })), { dagId: "little", day: size }],
      tasks: [
        { run: 0, taskId: "one", state: "running", perDag: 1 },
        ...many(size - 1, (index) => ({ run: index + 1, taskId: "one", perDag: 1, weight: 9 })),
        little(size),
      ],
    }),
  },
  {
    title: "a paused DAG",
    world: (size) => ({
      ...twoRuns({ dags: [{ dagId: "big", isPaused: true }, ...LATER] }),
      tasks: big(size, {}),
    }),
  },
  {
    title: "a queue that no worker serves",
    world: (size) => ({
      ...twoRuns({ served: ["default"] }),
      tasks: [{ run: 0, taskId: "queued", state: "queued", queue: "gpu" }, ...big(size, { queue: "gpu" })],
    }),
  },
];

/** More than a look at any backlog reads; a look that went through the smallest one would read more. */
const FEW_ROWS = 250;

for (const { title, world } of BACKLOGS) {
  test.serial(`starvation: ${title} holds back nobody, and is not read through however long it is`, async (t) => {
    const whole = world(3_000);
    const ids = await seedWorld(fixture.database, whole);
    await fixture.database.query("analyze task_instance, dag_run, dag");
    const deciding = connect(fixture.url, { settings: DECIDING_SETTINGS });
    const { started, read } = await transaction(deciding, async (tx) => ({
      started: await queue(tx, whole, ids),
      read: await rowsRead(tx),
    })).finally(() => deciding.end());
    t.deepEqual(started, [nameOf(little(whole.runs.length - 1))]);
    t.true(read < FEW_ROWS, `${read} rows of task_instance were read`);
  });
}

test.serial(
  "starvation: thousands of queued runs of one DAG are not read through when one more may start",
  async (t) => {
    const waiting = 3_000;
    const ids = await seedWorld(fixture.database, {
      dags: [{ dagId: "big" }, { dagId: "little" }],
      runs: [
        ...Array.from({ length: waiting }, (_, day) => ({ dagId: "big", day, state: "queued" as const })),
        { dagId: "little", day: 1, state: "queued" },
      ],
      tasks: [],
    });
    await fixture.database.query("update dag set max_active_runs = 2; analyze dag_run, dag");
    const deciding = connect(fixture.url, { settings: DECIDING_SETTINGS });
    for (const dagIds of [null, ["big", "little"]]) {
      const { started, read } = await transaction(deciding, async (tx) => ({
        started: await startQueuedRuns(tx, dagIds),
        read: await rowsRead(tx, "dag_run"),
      }));
      t.deepEqual(started.sort(), dagIds === null ? [ids[0], ids[1], ids[waiting]] : [ids[2], ids[3]]);
      t.true(read < FEW_ROWS, `${read} rows of dag_run were read`);
      await fixture.database.query("update dag_run set state = 'success' where state = 'running'");
    }
    await deciding.end();
  },
);
