import test from "ava";
import type { DagRuns, ExternalStates } from "#sdk/dag-runs.ts";
import { TaskDeferred } from "#sdk/defer.ts";
import {
  AirflowFailException,
  AirflowRescheduleException,
  AirflowSensorTimeout,
  AirflowSkipException,
  TaskDeferralError,
  TaskDeferralTimeout,
} from "#sdk/errors.ts";
import {
  Dag,
  dateTimeSensor,
  dayOfWeekSensor,
  externalTaskMarker,
  externalTaskSensor,
  fileSensor,
  type Operator,
  pokeReturn,
  type SensorOptions,
  sensor,
  timeDeltaSensor,
  timeSensor,
} from "#sdk/index.ts";
import { timeOfDay } from "#sdk/sensors/time-sensor.ts";
import { serializeDag } from "#sdk/serialize.ts";
import { runInTaskScope, type TaskContext, type TaskScope } from "#sdk/task-scope.ts";

const LOGICAL = new Date("2024-01-03T00:00:00Z");

function scope(more: Partial<Omit<TaskScope, "context">> & { context?: Partial<TaskContext> } = {}): TaskScope {
  const context = {
    dagId: "d",
    taskId: "t",
    runId: "r",
    tryNumber: 1,
    mapIndex: -1,
    signal: new AbortController().signal,
    logicalDate: LOGICAL,
    dataIntervalStart: LOGICAL,
    dataIntervalEnd: new Date("2024-01-04T00:00:00Z"),
    conf: {},
    ...more.context,
  };
  return { waitingSince: null, ...more, context } as unknown as TaskScope;
}

async function execute<R>(task: Operator<void, R>, more: Parameters<typeof scope>[0] = {}): Promise<R> {
  return runInTaskScope(scope(more), async () => task.execute(undefined, task.templateFields ?? {}));
}

const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);

test("the first poke happens before any look at the time", async (t) => {
  for (const mode of ["poke", "reschedule"] as const) {
    const task = sensor(async () => true, { timeout: 0, mode });
    t.is(await execute(task, { waitingSince: ago(9_999) }), undefined);
  }
});

test("in reschedule mode, and when deferred, the time counts from the first poke; in poke mode from this process", async (t) => {
  const never = async () => false;
  const over = { waitingSince: ago(100) };
  const message = /^Sensor has timed out; run duration of 10\d(\.\d+)? seconds exceeds the specified timeout of 60\.$/;
  for (const options of [{ mode: "reschedule" }, { deferrable: true }] as const) {
    await t.throwsAsync(execute(sensor(never, { timeout: 60, ...options }), over), {
      instanceOf: AirflowSensorTimeout,
      message,
    });
  }
  let pokes = 0;
  const third = async () => ++pokes === 3;
  await execute(sensor(third, { timeout: 60, pokeInterval: 0 }), over);
  t.is(pokes, 3);
});

test("between pokes a sensor asks to be rescheduled, or defers until the next poke", async (t) => {
  const never = async () => false;
  const rescheduled = await t.throwsAsync(execute(sensor(never, { mode: "reschedule", pokeInterval: 30 })), {
    instanceOf: AirflowRescheduleException,
  });
  const inSeconds = ((rescheduled as AirflowRescheduleException).rescheduleDate.getTime() - Date.now()) / 1_000;
  t.true(inSeconds > 25 && inSeconds <= 30);
  const deferred = await t.throwsAsync(execute(sensor(never, { deferrable: true })), { instanceOf: TaskDeferred });
  t.like((deferred as TaskDeferred).deferral, { trigger: { kind: "time" }, method: "poke" });
});

const POKE_ERRORS: readonly [string, Error, SensorOptions, new (message?: string) => Error][] = [
  ["an ordinary error", new TypeError("x"), {}, TypeError],
  ["an ordinary error in a soft failing sensor", new TypeError("x"), { softFail: true }, TypeError],
  ["a failure for good", new AirflowFailException("x"), {}, AirflowFailException],
  [
    "a failure for good in a soft failing sensor",
    new AirflowFailException("x"),
    { softFail: true },
    AirflowSkipException,
  ],
  ["a skip in a silent sensor", new AirflowSkipException("x"), { silentFail: true }, AirflowSkipException],
];
for (const [title, error, options, expected] of POKE_ERRORS) {
  test(`${title} in a poke leaves as ${expected.name}`, async (t) => {
    const poke = async () => {
      throw error;
    };
    await t.throwsAsync(execute(sensor(poke, options)), { instanceOf: expected });
  });
}

test("a silent sensor logs an error and pokes again; a soft failing one is skipped when its time is over", async (t) => {
  let pokes = 0;
  const poke = async () => {
    if (++pokes < 3) throw new Error("hush");
    return true;
  };
  await execute(sensor(poke, { silentFail: true, pokeInterval: 0 }));
  t.is(pokes, 3);
  const never = sensor(async () => false, { softFail: true, timeout: 0, mode: "reschedule" });
  await t.throwsAsync(execute(never, { waitingSince: ago(1) }), {
    instanceOf: AirflowSkipException,
    message: /timed out/,
  });
});

test("what comes with the last poke is the result", async (t) => {
  t.is(await execute(sensor(async () => pokeReturn(true, 7))), 7);
  await t.throwsAsync(execute(sensor(async () => pokeReturn(false, 7), { mode: "reschedule" })), {
    instanceOf: AirflowRescheduleException,
  });
});

test("a trigger that is too late is a timeout of the sensor; one that failed fails it, or skips a soft failing one", async (t) => {
  const fail = (options: SensorOptions, error: TaskDeferralError) =>
    runInTaskScope(scope({ waitingSince: ago(100) }), async () =>
      fileSensor({ filepath: "/x", deferrable: true, timeout: 60, ...options }).onDeferralError!(error, undefined, {}),
    );
  await t.throwsAsync(fail({}, new TaskDeferralTimeout("Trigger timeout")), { instanceOf: AirflowSensorTimeout });
  await t.throwsAsync(fail({ softFail: true }, new TaskDeferralTimeout("Trigger timeout")), {
    instanceOf: AirflowSkipException,
  });
  await t.throwsAsync(fail({}, new TaskDeferralError("gone")), { instanceOf: TaskDeferralError, message: "gone" });
  await t.throwsAsync(fail({ softFail: true }, new TaskDeferralError("gone")), { instanceOf: AirflowSkipException });
});

const MOMENTS: readonly [string, Operator<void, unknown>, Partial<TaskContext>, boolean][] = [
  ["a moment that has passed", dateTimeSensor({ targetTime: "2024-01-01T00:00:00Z" }), {}, true],
  ["a moment to come", dateTimeSensor({ targetTime: new Date("2999-01-01") }), {}, false],
  ["a time after the interval's end that has passed", timeDeltaSensor({ delta: 60 }), {}, true],
  ["one to come", timeDeltaSensor({ delta: 60 }), { dataIntervalEnd: new Date(Date.now() + 1_000) }, false],
  ["the run's day", dayOfWeekSensor({ weekDay: "Wednesday", useTaskLogicalDate: true }), {}, true],
  ["another day", dayOfWeekSensor({ weekDay: ["Monday", "Sunday"], useTaskLogicalDate: true }), {}, false],
];
for (const [title, task, context, isOver] of MOMENTS) {
  test(`${title} ${isOver ? "ends" : "does not end"} the wait`, async (t) => {
    const abort = new AbortController();
    const running = execute(task, { context: { ...context, signal: abort.signal } });
    abort.abort();
    if (isOver) await t.notThrowsAsync(running);
    else await t.throwsAsync(running, { name: "AbortError" });
  });
}

test("a time of day is that of its zone, on the day that the zone has, also when clocks are changed", (t) => {
  const cases = [
    ["14:30", "UTC", "2024-05-01T23:59:00Z", "2024-05-01T14:30:00.000Z"],
    ["14:30:15", "America/Chicago", "2024-05-02T01:00:00Z", "2024-05-01T19:30:15.000Z"],
    ["06:00", "Europe/Berlin", "2024-03-31T00:30:00Z", "2024-03-31T04:00:00.000Z"],
    ["06:00", "Europe/Berlin", "2024-10-26T23:30:00Z", "2024-10-27T05:00:00.000Z"],
  ] as const;
  for (const [time, zone, at, expected] of cases) {
    t.is(timeOfDay(time, zone, new Date(at)).toISOString(), expected, `${time} ${zone} ${at}`);
  }
});

const run = (state: string, ...taskStates: string[]) =>
  ({ runs: [{ runId: "r", state, taskStates }] }) as ExternalStates;
const NONE: ExternalStates = { runs: [] };
const EXTERNAL: readonly [string, object, ExternalStates, "over" | "wait" | "skip" | RegExp][] = [
  ["a run that succeeded", {}, run("success"), "over"],
  ["a run that is not there", {}, NONE, "wait"],
  ["a run that failed, not asked for", {}, run("failed"), "wait"],
  ["a run that failed", { failedStates: ["failed"] }, run("failed"), /^The external DAG other failed\.$/],
  ["a run that failed, softly", { failedStates: ["failed"], softFail: true }, run("failed"), "skip"],
  ["a run to skip with", { skippedStates: ["failed"] }, run("failed"), "skip"],
  ["a task that succeeded", { externalTaskId: "a" }, run("running", "success"), "over"],
  ["one of two tasks", { externalTaskIds: ["a", "b"] }, run("running", "success"), "wait"],
  ["a task without a state", { externalTaskId: "a" }, run("running", "none"), "wait"],
  ["all instances of a mapped task", { externalTaskId: "a" }, run("running", "success", "success"), "over"],
  ["not all instances of one", { externalTaskId: "a" }, run("running", "success", "running"), "wait"],
  [
    "a task that failed",
    { externalTaskIds: ["a", "b"], failedStates: ["failed"] },
    run("running", "success", "failed"),
    /^Some of the external tasks a, b in DAG other failed\.$/,
  ],
  ["a group", { externalTaskGroupId: "g" }, run("running", "success", "success"), "over"],
  ["a group that is not there", { externalTaskGroupId: "x" }, run("success"), "wait"],
  [
    "an unknown task",
    { externalTaskId: "x", checkExistence: true },
    NONE,
    /^The external task x in DAG other does not exist\.$/,
  ],
  [
    "an unknown group",
    { externalTaskGroupId: "x", checkExistence: true },
    NONE,
    /^The external task group 'x' in DAG 'other' does not/,
  ],
  ["an unknown DAG", { externalDagId: "x", checkExistence: true }, NONE, /^The external DAG x does not exist\.$/],
];
for (const [title, options, found, expected] of EXTERNAL) {
  test(`waiting for another DAG: ${title}`, async (t) => {
    const task = externalTaskSensor({ externalDagId: "other", mode: "reschedule", ...options });
    const dagRuns = {
      states: async () => found,
      outline: async (dagId: string) => (dagId === "other" ? { taskIds: ["a", "b"], groups: { g: ["a", "b"] } } : null),
    } as unknown as DagRuns;
    const running = execute(task, { dagRuns });
    if (expected === "over") await t.notThrowsAsync(running);
    else if (expected === "wait") await t.throwsAsync(running, { instanceOf: AirflowRescheduleException });
    else if (expected === "skip") await t.throwsAsync(running, { instanceOf: AirflowSkipException });
    else await t.throwsAsync(running, { message: expected });
  });
}

test("the other run is found by the same logical date, by a delta, or by a function", async (t) => {
  const asked: (readonly string[])[] = [];
  const dagRuns = {
    states: async ({ logicalDates }: { logicalDates: readonly string[] }) => {
      asked.push(logicalDates);
      return { runs: logicalDates.map((runId) => ({ runId, state: "success", taskStates: [] })) };
    },
  } as unknown as DagRuns;
  const other = new Date("2020-02-02T00:00:00Z");
  for (const options of [{}, { executionDelta: 86_400 }, { executionDateFn: () => [other, LOGICAL] }]) {
    await execute(externalTaskSensor({ externalDagId: "other", ...options }), { dagRuns });
  }
  const [same, before] = ["2024-01-03T00:00:00.000Z", "2024-01-02T00:00:00.000Z"];
  t.deepEqual(asked, [[same], [before], [other.toISOString(), same]]);
});

const WRONG: readonly [string, () => unknown, RegExp][] = [
  ["no function", () => sensor(3 as never), /takes the function/],
  [
    "an unknown option",
    () => sensor(async () => true, { pokeintervall: 1 } as never),
    /Unknown option "pokeintervall"/,
  ],
  [
    "a negative interval",
    () => sensor(async () => true, { pokeInterval: -1 }),
    /"pokeInterval" must be a non-negative number/,
  ],
  [
    "an unknown mode",
    () => sensor(async () => true, { mode: "push" as never }),
    /"mode" must be "poke" or "reschedule"/,
  ],
  ["no file", () => fileSensor({} as never), /needs the option "filepath"/],
  [
    "a date without an offset",
    () => dateTimeSensor({ targetTime: "2024-01-01T10:00" }),
    /"targetTime" must be a valid Date or/,
  ],
  ["no time of day", () => timeSensor({ targetTime: "25:00" }), /must be a time of day/],
  ["an unknown day", () => dayOfWeekSensor({ weekDay: "Funday" as never }), /must be one or more of Monday/],
  [
    "a delta and a function",
    () => externalTaskSensor({ externalDagId: "x", executionDelta: 1, executionDateFn: (date) => date }),
    /Only one of `executionDelta` or `executionDateFn`/,
  ],
  [
    "a task and tasks",
    () => externalTaskSensor({ externalDagId: "x", externalTaskId: "a", externalTaskIds: ["b"] }),
    /only one of/,
  ],
  [
    "a state that tasks have and runs do not",
    () => externalTaskSensor({ externalDagId: "x", failedStates: ["skipped"] }),
    /none of its states/,
  ],
  [
    "a state in two lists",
    () => externalTaskSensor({ externalDagId: "x", allowedStates: ["failed"], failedStates: ["failed"] }),
    /Duplicate values provided/,
  ],
];
for (const [title, declare, message] of WRONG) {
  test(`a sensor with ${title} is refused`, (t) => {
    t.throws(declare, { message });
  });
}

test("sensors and markers are serialized as such, and tie their DAG to others", (t) => {
  const dag = new Dag("d");
  dag.task(
    "plain",
    sensor(async () => true),
  )();
  dag.task("full", fileSensor({ filepath: "/x", mode: "reschedule", pokeInterval: 5, timeout: 9, softFail: true }))();
  dag.task("other", externalTaskSensor({ externalDagId: "up", deferrable: true }))();
  dag.task("marker", externalTaskMarker({ externalDagId: "down", externalTaskId: "waits" }))();
  const { dag: serialized } = serializeDag(dag, { fileloc: "/d.ts", relativeFileloc: "d.ts" });
  const task = (id: string) => serialized.tasks.find(({ __var }) => __var.task_id === id)!.__var;
  t.like(task("plain"), { _operator_name: "@task.sensor", _is_sensor: true, mode: "poke" });
  t.false("timeout" in task("plain"));
  t.like(task("full"), { mode: "reschedule", poke_interval: 5, timeout: 9, soft_fail: true });
  t.like(task("other"), { _operator_name: "ExternalTaskSensor", deferrable: true });
  t.like(task("marker"), { external_dag_id: "down", external_task_id: "waits", recursion_depth: 10 });
  const ties = serialized.dag_dependencies as unknown as { label: string }[];
  t.deepEqual(
    ties.toSorted((one, other) => other.label.localeCompare(one.label)),
    [
      { source: "up", target: "d", label: "other", dependency_type: "sensor", dependency_id: "other" },
      { source: "d", target: "down", label: "marker", dependency_type: "marker", dependency_id: "marker" },
    ],
  );
});
