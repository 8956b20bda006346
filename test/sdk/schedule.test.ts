import test from "ava";
import { Dag } from "#sdk/dag.ts";
import { DEFAULT_SCHEDULE_SETTINGS, parseSchedule, type SerializedTimetable } from "#sdk/schedule.ts";
import { serializeDag } from "#sdk/serialize.ts";
import {
  cronDataInterval,
  cronTrigger,
  delta,
  deltaDataInterval,
  deltaTrigger,
  events,
  multipleCronTrigger,
  type Timetable,
} from "#sdk/timetables.ts";

const INTERVALS = { ...DEFAULT_SCHEDULE_SETTINGS, cronDataIntervals: true, deltaDataIntervals: true };
const ZURICH = { ...DEFAULT_SCHEDULE_SETTINGS, timezone: "Europe/Zurich" };
const TRIGGER = "airflow.timetables.trigger.CronTriggerTimetable";
const INTERVAL = "airflow.timetables.interval.CronDataIntervalTimetable";

const trigger = (expression: string, more: object = {}) => ({
  __type: TRIGGER,
  __var: { expression, timezone: "UTC", interval: 0, run_immediately: false, ...more },
});

type Written = { readonly __type: string; readonly __var: object };

const SERIALIZED: readonly (readonly [
  title: string,
  schedule: string | Timetable | null | undefined,
  expected: Written,
  settings?: typeof INTERVALS,
])[] = [
  ["no schedule", undefined, { __type: "airflow.timetables.simple.NullTimetable", __var: {} }],
  ["null", null, { __type: "airflow.timetables.simple.NullTimetable", __var: {} }],
  ["@once", "@once", { __type: "airflow.timetables.simple.OnceTimetable", __var: {} }],
  ["@continuous", "@continuous", { __type: "airflow.timetables.simple.ContinuousTimetable", __var: {} }],
  ["@hourly", "@hourly", trigger("0 * * * *")],
  ["@daily", "@daily", trigger("0 0 * * *")],
  ["@midnight", "@midnight", trigger("0 0 * * *")],
  ["@weekly", "@weekly", trigger("0 0 * * 0")],
  ["@monthly", "@monthly", trigger("0 0 1 * *")],
  ["@quarterly", "@quarterly", trigger("0 0 1 */3 *")],
  ["@yearly", "@yearly", trigger("0 0 1 1 *")],
  ["@annually", "@annually", trigger("0 0 1 1 *")],
  ["a cron expression", " 30 3 * * 1 ", trigger("30 3 * * 1")],
  ["six fields", "30 3 * * MON-FRI 15", trigger("30 3 * * MON-FRI 15")],
  ["a list of names", "0 9 * JAN,jul MON,WED", trigger("0 9 * JAN,jul MON,WED")],
  ["special days", "0 0 L,15 * mon#1,L5", trigger("0 0 L,15 * mon#1,L5")],
  ["a question mark", "0 0 ? * 1", trigger("0 0 ? * 1")],
  ["a DAG's time zone", "@daily", trigger("0 0 * * *", { timezone: "Europe/Zurich" }), ZURICH],
  [
    "a preset with create_cron_data_intervals",
    "@daily",
    { __type: INTERVAL, __var: { expression: "0 0 * * *", timezone: "UTC" } },
    INTERVALS,
  ],
  [
    "cronTrigger with create_cron_data_intervals, and its own options",
    cronTrigger("0 3 * * *", { timezone: "Asia/Tokyo", interval: 86_400, runImmediately: 600 }),
    trigger("0 3 * * *", { timezone: "Asia/Tokyo", interval: 86_400, run_immediately: 600 }),
    INTERVALS,
  ],
  [
    "cronDataInterval",
    cronDataInterval("@weekly"),
    { __type: INTERVAL, __var: { expression: "0 0 * * 0", timezone: "Europe/Zurich" } },
    ZURICH,
  ],
  [
    "multipleCronTrigger",
    multipleCronTrigger(["0 3 * * *", "@hourly"], { runImmediately: true }),
    {
      __type: "airflow.timetables.trigger.MultipleCronTriggerTimetable",
      __var: { expressions: ["0 3 * * *", "0 * * * *"], timezone: "UTC", interval: 0, run_immediately: true },
    },
  ],
  [
    "deltaTrigger",
    deltaTrigger(3600, { interval: 60 }),
    { __type: "airflow.timetables.trigger.DeltaTriggerTimetable", __var: { delta: 3600, interval: 60 } },
    INTERVALS,
  ],
  [
    "deltaDataInterval",
    deltaDataInterval(90.5),
    { __type: "airflow.timetables.interval.DeltaDataIntervalTimetable", __var: { delta: 90.5 } },
  ],
  [
    "delta",
    delta(60),
    { __type: "airflow.timetables.trigger.DeltaTriggerTimetable", __var: { delta: 60, interval: 0 } },
  ],
  [
    "delta with create_delta_data_intervals",
    delta(60),
    { __type: "airflow.timetables.interval.DeltaDataIntervalTimetable", __var: { delta: 60 } },
    INTERVALS,
  ],
  [
    "events in any order",
    events([new Date("2024-07-14T19:00:00Z"), new Date("2024-06-14T19:00:00.250Z")]),
    {
      __type: "airflow.timetables.events.EventsTimetable",
      __var: {
        event_dates: ["2024-06-14T19:00:00.250000+00:00", "2024-07-14T19:00:00+00:00"],
        restrict_to_events: false,
        description: "2 events between 2024-06-14T19:00:00.250000+00:00 and 2024-07-14T19:00:00+00:00",
        _summary: "2 events",
      },
    },
  ],
  [
    "events with a name",
    events([], { restrictToEvents: true, description: "Finals" }),
    {
      __type: "airflow.timetables.events.EventsTimetable",
      __var: { event_dates: [], restrict_to_events: true, description: "Finals", _summary: "Finals" },
    },
  ],
];

for (const [title, schedule, expected, settings] of SERIALIZED) {
  test(`${title} is written as Airflow writes it`, (t) => {
    const dag = new Dag("dag", { schedule });
    t.deepEqual(parseSchedule("dag", dag.spec.schedule, settings), expected as SerializedTimetable);
  });
}

const NOT_CRON =
  ' for Dag "dag" is not a cron expression or a preset (@hourly, @daily, @weekly, @monthly, @quarterly, @yearly, ' +
  "@once, @continuous); a schedule the scheduler cannot parse would leave the Dag unschedulable";
const NOT_A_SCHEDULE =
  'schedule for Dag "dag" must be "@once", "@continuous", or a cron expression; ' +
  "an object schedule names a Python object this SDK cannot serialize";

const REFUSED: readonly (readonly [title: string, schedule: () => unknown, message: string])[] = [
  ["an empty text", () => " ", 'schedule for Dag "dag" is empty; leave it unset for a Dag with no schedule'],
  ["an unknown preset", () => "@fortnightly", `schedule "@fortnightly"${NOT_CRON}`],
  ["four fields", () => "0 0 * *", `schedule "0 0 * *"${NOT_CRON}`],
  ["words", () => "every day at three o'clock", `schedule "every day at three o'clock"${NOT_CRON}`],
  ["a number", () => 3600, NOT_A_SCHEDULE],
  ["an object of another kind", () => ({ cron: "0 0 * * *" }), NOT_A_SCHEDULE],
  ["an unknown timetable", () => ({ timetable: "lunar" }), NOT_A_SCHEDULE],
  ["a bad expression in a timetable", () => cronTrigger("noon"), `schedule "noon"${NOT_CRON}`],
  ["a negative delta", () => deltaTrigger(-60), "schedule interval must be positive, not -60 seconds"],
  ["a delta of zero", () => deltaDataInterval(0), "schedule interval must be positive, not 0 seconds"],
  ["a plain delta of zero", () => delta(0), "schedule interval must be positive, not 0 seconds"],
  ["a delta that is no number", () => delta("1d" as never), "delta takes a duration in seconds, not 1d"],
  [
    "an unknown time zone",
    () => cronTrigger("0 0 * * *", { timezone: "Europe/Zurch" }),
    'timezone of cronTrigger must be a time zone such as "Europe/Zurich", not "Europe/Zurch"',
  ],
  [
    "an unknown option",
    () => cronTrigger("0 0 * * *", { runImediately: true } as never),
    'Unknown option "runImediately" of cronTrigger',
  ],
  [
    "a negative interval",
    () => cronTrigger("0 0 * * *", { interval: -1 }),
    "interval of cronTrigger must be a duration in seconds, not -1",
  ],
  [
    "runImmediately that is a text",
    () => cronTrigger("0 0 * * *", { runImmediately: "yes" as never }),
    "runImmediately of cronTrigger must be a boolean or a duration in seconds, not yes",
  ],
  [
    "no expression",
    () => multipleCronTrigger([]),
    "multipleCronTrigger takes an array of at least one cron expression",
  ],
  ["an invalid date", () => events([new Date("soon")]), "events takes an array of valid Dates"],
  [
    "an empty hashed range",
    () => "H(5-5) * * * *",
    '"H(5-5)" is not a hashed cron field; write H, H/15, H(1-10) or H(1-10)/2',
  ],
];

for (const [title, schedule, message] of REFUSED) {
  test(`${title} is refused`, (t) => {
    t.throws(() => parseSchedule("dag", schedule()), { message });
  });
}

/** croniter 6.2.4's values for the hash id. */
const HASHED: readonly (readonly [dagId: string, expression: string, expected: string])[] = [
  ["taxi", "H H * * *", "10 17 * * *"],
  ["taxi", "H/15 H(0-5) * * *", "10-59/15 5 * * *"],
  ["taxi", "H(1-10)/2 * H H H", "1-10/2 * 11 5 1"],
  ["taxi", "* * * * * H", "* * * * * 34"],
  ["nightly", "h H * * *", "6 21 * * *"],
  ["nightly", "0 H/6 * * *", "0 3-23/6 * * *"],
  ["nightly", "H(1-10)/2 * H H H", "1-10/2 * 18 12 6"],
];

for (const [dagId, expression, expected] of HASHED) {
  test(`${expression} of ${dagId} is ${expected}, by the hash of the DAG's id`, (t) => {
    t.like(parseSchedule(dagId, expression), { __var: { expression: expected } });
  });
}

test("R is another value than H, in the field's range, and stays", (t) => {
  const read = (dagId: string) => parseSchedule(dagId, "R R(2-4) * * *");
  for (const dagId of ["taxi", "nightly", "weekly"]) {
    const { expression } = (read(dagId) as ReturnType<typeof trigger>).__var;
    t.regex(expression, /^[1-5]?\d [234] \* \* \*$/);
    t.deepEqual(read(dagId), read(dagId));
  }
  t.notDeepEqual(parseSchedule("taxi", "R * * * *"), parseSchedule("taxi", "H * * * *"));
});

test("a DAG's time zone is written with the DAG and its cron timetable; without one the configuration's is", (t) => {
  const place = { fileloc: "/dags/x.ts", relativeFileloc: "x.ts" };
  const zoneOf = (dag: Dag, settings?: typeof INTERVALS) => {
    const { timezone, timetable } = serializeDag(dag, place, settings).dag;
    return [timezone, (timetable.__var as { timezone: string }).timezone];
  };
  t.deepEqual(zoneOf(new Dag("a", { schedule: "@daily" })), ["UTC", "UTC"]);
  t.deepEqual(zoneOf(new Dag("b", { schedule: "@daily" }), ZURICH), ["Europe/Zurich", "Europe/Zurich"]);
  t.deepEqual(zoneOf(new Dag("c", { schedule: "@daily", timezone: "utc" }), ZURICH), ["UTC", "UTC"]);
  t.throws(() => zoneOf(new Dag("d", { timezone: "Mars/Olympus" })), {
    message: 'timezone for Dag "d" must be a time zone such as "Europe/Zurich", not "Mars/Olympus"',
  });
});
