import test from "ava";
import fc from "fast-check";
import { nextRunOf } from "#core/timetable/next-run.ts";
import { readTimetable } from "#core/timetable/read-timetable.ts";
import type { DataInterval, NextRun, TimeRestriction } from "#core/timetable/timetable.ts";
import { Dag } from "#sdk/dag.ts";
import { DEFAULT_SCHEDULE_SETTINGS, parseSchedule } from "#sdk/schedule.ts";
import { serializeDag } from "#sdk/serialize.ts";
import type { SerializedDagFields } from "#sdk/serialized-dag.ts";
import type { DagSpec, TaskSpec } from "#sdk/specs.ts";
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

/** `2024-01-10` or `2024-01-10T12:00`, in UTC. */
const at = (text: string) => new Date(text.includes("T") ? `${text}Z` : text);
const read = (schedule: string | Timetable | null) => readTimetable(parseSchedule("dag", schedule));
const NOW = "2024-01-10T12:00";
const DAY = 86_400;

interface Case {
  readonly title: string;
  readonly schedule: string | Timetable | null;
  /** The interval of the last scheduled run, or its one instant. */
  readonly last?: string | readonly [string, string];
  readonly earliest?: string;
  readonly latest?: string;
  readonly catchup?: boolean;
  /** @default NOW */
  readonly now?: string;
  /** The interval of the next run, or its one instant. */
  readonly next: string | readonly [string, string] | null;
  /** @default the start of `next` */
  readonly logicalDate?: string;
}

const CASES: readonly Case[] = [
  { title: "no schedule has no next run", schedule: null, next: null },
  {
    title: "@once is due at the start date",
    schedule: "@once",
    earliest: "2024-01-01",
    next: "2024-01-01T00:00",
  },
  {
    title: "@once without a start date is due now",
    schedule: "@once",
    next: "2024-01-10T12:00",
  },
  { title: "@once is due once", schedule: "@once", last: "2024-01-01T00:00", next: null },
  {
    title: "@once after the end date never is",
    schedule: "@once",
    latest: "2024-01-01",
    next: null,
  },
  {
    title: "with catchup the first run is the first tick from the start date",
    schedule: "@daily",
    earliest: "2024-01-01T06:00",
    catchup: true,
    next: "2024-01-02T00:00",
  },
  {
    title: "a start date that is a tick is the first run",
    schedule: "@daily",
    earliest: "2024-01-01",
    catchup: true,
    next: "2024-01-01T00:00",
  },
  {
    title: "with catchup the next run is the next tick after the last",
    schedule: "@daily",
    earliest: "2024-01-01",
    last: "2024-01-03T00:00",
    catchup: true,
    next: "2024-01-04T00:00",
  },
  {
    title: "without catchup an old start date still gives one run, the latest tick",
    schedule: "@daily",
    earliest: "2024-01-01",
    next: "2024-01-10T00:00",
  },
  {
    title: "without catchup missed ticks are left out",
    schedule: "@daily",
    earliest: "2024-01-01",
    last: "2024-01-03T00:00",
    next: "2024-01-10T00:00",
  },
  {
    title: "without catchup the tick after the last run is in the future",
    schedule: "@daily",
    earliest: "2024-01-01",
    last: "2024-01-10T00:00",
    next: "2024-01-11T00:00",
  },
  {
    title: "a start date in the future is waited for",
    schedule: "@daily",
    earliest: "2024-02-01T06:00",
    next: "2024-02-02T00:00",
  },
  {
    title: "without a start date the first run is the next tick",
    schedule: "@daily",
    next: "2024-01-11T00:00",
  },
  {
    title: "without a start date a tick that has just passed counts",
    schedule: "@daily",
    now: "2024-01-10T02:00",
    next: "2024-01-10T00:00",
  },
  {
    title: "nothing is due after the end date",
    schedule: "@daily",
    earliest: "2024-01-01",
    latest: "2024-01-05",
    last: "2024-01-05T00:00",
    catchup: true,
    next: null,
  },
  {
    title: "the end date itself is a run",
    schedule: "@daily",
    earliest: "2024-01-01",
    latest: "2024-01-05",
    last: "2024-01-04T00:00",
    catchup: true,
    next: "2024-01-05T00:00",
  },
  {
    title: "a changed schedule goes on after the last run",
    schedule: "@hourly",
    earliest: "2024-01-01",
    last: "2024-01-03T00:00",
    catchup: true,
    next: "2024-01-03T01:00",
  },
  {
    title: "a start date does not hold back a trigger with catchup that has runs",
    schedule: "@daily",
    earliest: "2024-01-20",
    last: "2024-01-03",
    catchup: true,
    next: "2024-01-04",
  },
  {
    title: "without catchup a start date that was moved ahead is waited for",
    schedule: "@daily",
    earliest: "2024-01-20",
    last: "2024-01-03",
    next: "2024-01-20",
  },
  {
    title: "the interval of a trigger reaches back from its tick, which is the logical date",
    schedule: cronTrigger("0 6 * * *", { interval: DAY }),
    earliest: "2024-01-01",
    next: ["2024-01-09T06:00", "2024-01-10T06:00"],
    logicalDate: "2024-01-10T06:00",
  },
  {
    title: "runImmediately takes the last tick, however long ago",
    schedule: cronTrigger("0 0 1 * *", { runImmediately: true }),
    next: "2024-01-01",
  },
  {
    title: "runImmediately takes the last tick with catchup too",
    schedule: cronTrigger("0 0 1 * *", { runImmediately: true }),
    catchup: true,
    next: "2024-01-01",
  },
  {
    title: "runImmediately for some time takes a tick that is not older",
    schedule: cronTrigger("@daily", { runImmediately: DAY / 2 }),
    next: "2024-01-10",
  },
  {
    title: "runImmediately for some time leaves out a tick that is older",
    schedule: cronTrigger("@daily", { runImmediately: DAY / 2 - 1 }),
    next: "2024-01-11",
  },
  {
    title: "runImmediately for no time leaves out the tick of a minute ago",
    schedule: cronTrigger("@daily", { runImmediately: 0 }),
    now: "2024-01-10T00:01",
    next: "2024-01-11",
  },
  {
    title: "runImmediately has no effect beside a start date",
    schedule: cronTrigger("@daily", { runImmediately: true }),
    earliest: "2024-01-20",
    next: "2024-01-20",
  },
  {
    title: "the buffer of the first run is at least five minutes",
    schedule: "*/10 * * * *",
    now: "2024-01-10T12:05",
    next: "2024-01-10T12:00",
  },
  {
    title: "the buffer of the first run ends after five minutes when a tenth is less",
    schedule: "*/10 * * * *",
    now: "2024-01-10T12:05:01",
    next: "2024-01-10T12:10",
  },
  {
    title: "the buffer of the first run is a tenth of the time between two ticks",
    schedule: "@daily",
    now: "2024-01-10T02:24",
    next: "2024-01-10",
  },
  {
    title: "the buffer of the first run ends with that tenth",
    schedule: "@daily",
    now: "2024-01-10T02:24:01",
    next: "2024-01-11",
  },
  {
    title: "a tick of a zone is a run at its instant",
    schedule: cronTrigger("0 2 * * *", { timezone: "Europe/Zurich" }),
    earliest: "2024-01-01",
    next: "2024-01-10T01:00",
  },
  {
    title: "an interval with catchup begins at the first tick from the start date",
    schedule: cronDataInterval("@daily"),
    earliest: "2024-01-01T06:00",
    catchup: true,
    next: ["2024-01-02", "2024-01-03"],
  },
  {
    title: "an interval follows on the last one",
    schedule: cronDataInterval("@daily"),
    earliest: "2024-01-01",
    last: ["2024-01-02", "2024-01-03"],
    catchup: true,
    next: ["2024-01-03", "2024-01-04"],
  },
  {
    title: "an interval with catchup and without a start date never begins",
    schedule: cronDataInterval("@daily"),
    catchup: true,
    next: null,
  },
  {
    title: "without catchup an old start date gives one interval, the latest that is complete",
    schedule: cronDataInterval("@daily"),
    earliest: "2024-01-01",
    next: ["2024-01-09", "2024-01-10"],
  },
  {
    title: "without catchup and without a start date the latest complete interval comes first",
    schedule: cronDataInterval("@daily"),
    next: ["2024-01-09", "2024-01-10"],
  },
  {
    title: "on a tick the interval that ends just now is complete",
    schedule: cronDataInterval("@daily"),
    now: "2024-01-10",
    next: ["2024-01-09", "2024-01-10"],
  },
  {
    title: "just before a tick the interval before is the latest complete one",
    schedule: cronDataInterval("@daily"),
    now: "2024-01-09T23:59:59",
    next: ["2024-01-08", "2024-01-09"],
  },
  {
    title: "without catchup the interval that is under way follows on the latest complete one",
    schedule: cronDataInterval("@daily"),
    earliest: "2024-01-01",
    last: ["2024-01-09", "2024-01-10"],
    next: ["2024-01-10", "2024-01-11"],
  },
  {
    title: "without catchup missed intervals are left out",
    schedule: cronDataInterval("@daily"),
    earliest: "2024-01-01",
    last: ["2024-01-02", "2024-01-03"],
    next: ["2024-01-09", "2024-01-10"],
  },
  {
    title: "an interval that starts after the end date is none",
    schedule: cronDataInterval("@daily"),
    earliest: "2024-01-01",
    latest: "2024-01-03",
    last: ["2024-01-03", "2024-01-04"],
    catchup: true,
    next: null,
  },
  {
    title: "an interval that starts at the end date is one",
    schedule: cronDataInterval("@daily"),
    earliest: "2024-01-01",
    latest: "2024-01-03",
    last: ["2024-01-02", "2024-01-03"],
    catchup: true,
    next: ["2024-01-03", "2024-01-04"],
  },
  {
    title: "a changed schedule aligns the end of the last interval down",
    schedule: cronDataInterval("@daily"),
    earliest: "2024-01-01",
    last: ["2024-01-03T06:00", "2024-01-03T07:00"],
    catchup: true,
    next: ["2024-01-03", "2024-01-04"],
  },
  {
    title: "an interval over a change of clocks is as long as its day",
    schedule: cronDataInterval("@daily", { timezone: "Europe/Zurich" }),
    earliest: "2024-03-30T23:00",
    catchup: true,
    now: "2024-04-10T12:00",
    next: ["2024-03-30T23:00", "2024-03-31T22:00"],
  },
  {
    title: "a delta interval with catchup begins at the start date itself",
    schedule: deltaDataInterval(DAY),
    earliest: "2024-01-01T06:30",
    catchup: true,
    next: ["2024-01-01T06:30", "2024-01-02T06:30"],
  },
  {
    title: "a delta interval follows on the last one",
    schedule: deltaDataInterval(DAY),
    earliest: "2024-01-01T06:30",
    last: ["2024-01-01T06:30", "2024-01-02T06:30"],
    catchup: true,
    next: ["2024-01-02T06:30", "2024-01-03T06:30"],
  },
  {
    title: "without catchup a delta interval is the latest complete one, counted since 1970",
    schedule: deltaDataInterval(3600),
    earliest: "2024-01-01T06:30",
    now: "2024-01-10T12:40",
    next: ["2024-01-10T11:00", "2024-01-10T12:00"],
  },
  {
    title: "without catchup a delta interval begins no earlier than the start date",
    schedule: deltaDataInterval(3600),
    earliest: "2024-01-10T12:30",
    now: "2024-01-10T12:40",
    next: ["2024-01-10T12:30", "2024-01-10T13:30"],
  },
  {
    title: "a delta interval with catchup and without a start date never begins",
    schedule: deltaDataInterval(3600),
    catchup: true,
    next: null,
  },
  {
    title: "a delta is absolute time: over a change of clocks a day has 24 hours",
    schedule: deltaTrigger(DAY),
    earliest: "2024-03-29T23:00",
    last: "2024-03-30T23:00",
    catchup: true,
    now: "2024-04-10",
    next: "2024-03-31T23:00",
  },
  {
    title: "a delta without catchup is due now when its time has passed",
    schedule: deltaTrigger(3600),
    earliest: "2024-01-01",
    last: "2024-01-03",
    next: NOW,
  },
  {
    title: "a delta without catchup follows its last run",
    schedule: delta(3600),
    earliest: "2024-01-01",
    last: "2024-01-10T11:30",
    next: "2024-01-10T12:30",
  },
  { title: "a delta without a start date begins now", schedule: deltaTrigger(3600), next: NOW },
  {
    title: "a delta with catchup begins at the start date",
    schedule: deltaTrigger(3600),
    earliest: "2024-01-01T06:30",
    catchup: true,
    next: "2024-01-01T06:30",
  },
  {
    title: "the interval of a delta reaches back from its step",
    schedule: deltaTrigger(DAY, { interval: 3600 }),
    earliest: "2024-01-20",
    next: ["2024-01-19T23:00", "2024-01-20"],
    logicalDate: "2024-01-20",
  },
  {
    title: "of several crons with catchup the earliest tick comes next",
    schedule: multipleCronTrigger(["0 6 * * *", "30 2 * * *"]),
    earliest: "2024-01-01",
    last: "2024-01-03",
    catchup: true,
    next: "2024-01-03T02:30",
  },
  {
    title: "of several crons without catchup the latest tick that has passed comes next",
    schedule: multipleCronTrigger(["30 2 * * *", "0 6 * * *", "0 18 * * *"]),
    earliest: "2024-01-01",
    next: "2024-01-10T06:00",
  },
  {
    title: "of several crons without a tick that has passed the earliest to come is next",
    schedule: multipleCronTrigger(["30 2 * * *", "0 6 * * *", "0 18 * * *"]),
    earliest: "2024-01-01",
    last: "2024-01-10T06:00",
    next: "2024-01-10T18:00",
  },
  {
    title: "ticks of several crons that coincide are one run",
    schedule: multipleCronTrigger(["0 6 * * *", "0 */6 * * *"]),
    earliest: "2024-01-01",
    last: "2024-01-03T06:00",
    catchup: true,
    next: "2024-01-03T12:00",
  },
  {
    title: "of several crons none is due after the end date",
    schedule: multipleCronTrigger(["0 6 * * *", "0 18 * * *"]),
    latest: "2024-01-10T12:30",
    last: "2024-01-10T06:00",
    next: null,
  },
  {
    title: "with catchup the first event from the start date comes first",
    schedule: events(["2024-01-09", "2024-01-05", "2024-01-07"].map(at)),
    earliest: "2024-01-06",
    catchup: true,
    next: "2024-01-07",
  },
  {
    title: "without catchup events that have passed are left out",
    schedule: events(["2024-01-05", "2024-01-07", "2024-01-15"].map(at)),
    earliest: "2024-01-01",
    next: "2024-01-15",
  },
  {
    title: "an event that is listed twice is one run",
    schedule: events(["2024-01-15", "2024-01-15", "2024-01-16"].map(at)),
    last: "2024-01-15",
    now: "2024-01-15",
    next: "2024-01-16",
  },
  {
    title: "after the last event there is none",
    schedule: events([at("2024-01-05")]),
    last: "2024-01-05",
    catchup: true,
    next: null,
  },
  { title: "without events there is none", schedule: events([]), next: null },
  {
    title: "an event after the end date is none",
    schedule: events([at("2024-01-15")]),
    latest: "2024-01-14",
    next: null,
  },
  {
    title: "@continuous without a start date begins now",
    schedule: "@continuous",
    last: ["2024-01-10T11:00", "2024-01-10T11:30"],
    next: ["2024-01-10T11:30", NOW],
  },
  {
    title: "@continuous ends with the end date",
    schedule: "@continuous",
    earliest: "2024-01-01",
    latest: "2024-01-10",
    next: null,
  },
];

for (const { title, schedule, last, earliest, latest, catchup = false, now = NOW, next, logicalDate } of CASES) {
  test(title, (t) => {
    const restriction: TimeRestriction = {
      earliest: earliest === undefined ? null : at(earliest),
      latest: latest === undefined ? null : at(latest),
      catchup,
    };
    const run = read(schedule).nextRun(last === undefined ? null : spanOf(last), restriction, at(now));
    const dataInterval = next === null ? null : spanOf(next);
    const date = logicalDate === undefined ? dataInterval?.start : at(logicalDate);
    t.deepEqual(run, dataInterval && { logicalDate: date!, dataInterval, runAfter: dataInterval.end });
  });
}

function spanOf(text: string | readonly [string, string]): DataInterval {
  const [start, end] = typeof text === "string" ? [text, text] : text;
  return { start: at(start), end: at(end) };
}

test("@continuous waits for a start date to come", (t) => {
  const restriction = { earliest: at("2024-01-20"), latest: null, catchup: false };
  t.deepEqual(read("@continuous").nextRun(null, restriction, at(NOW))?.runAfter, at("2024-01-20"));
});

const MANUAL: readonly (readonly [title: string, schedule: string | Timetable | null, from: string, to: string])[] = [
  ["no schedule: its instant", null, NOW, NOW],
  ["@once: its instant", "@once", NOW, NOW],
  ["a trigger: its instant", "@daily", NOW, NOW],
  ["a trigger: the interval before it", cronTrigger("@daily", { interval: DAY }), "2024-01-09T12:00", NOW],
  ["a delta trigger: the interval before it", deltaTrigger(3600, { interval: 60 }), "2024-01-10T11:59", NOW],
  ["several crons: the interval before it", multipleCronTrigger(["@daily"], { interval: 60 }), "2024-01-10T11:59", NOW],
  ["a cron interval: the last complete one", cronDataInterval("@daily"), "2024-01-09", "2024-01-10"],
  ["a cron interval that ends with it", cronDataInterval("0 12 * * *"), "2024-01-09T12:00", NOW],
  ["a delta interval: the one that ends with it", deltaDataInterval(3600), "2024-01-10T11:00", NOW],
  ["events: its instant", events([at("2024-01-05")]), NOW, NOW],
  [
    "events only: the last event",
    events(["2024-01-05", "2024-01-07", "2024-01-15"].map(at), { restrictToEvents: true }),
    "2024-01-07",
    "2024-01-07",
  ],
  [
    "events only, all to come: the first",
    events(["2024-01-15", "2024-01-17"].map(at), { restrictToEvents: true }),
    "2024-01-15",
    "2024-01-15",
  ],
  ["events only, none: its instant", events([], { restrictToEvents: true }), NOW, NOW],
];

for (const [title, schedule, from, to] of MANUAL) {
  test(`the data interval of a manual run of ${title}`, (t) => {
    t.deepEqual(read(schedule).manualInterval(at(NOW)), spanOf([from, to]));
  });
}

const SUMMARIES: readonly (readonly [schedule: string | Timetable | null, summary: string])[] = [
  [null, "None"],
  ["@once", "@once"],
  ["@continuous", "@continuous"],
  ["@daily", "0 0 * * *"],
  ["30 3 * * 1", "30 3 * * 1"],
  [cronDataInterval("@hourly"), "0 * * * *"],
  [multipleCronTrigger(["@daily", "0 12 * * 1"]), "0 0 * * *, 0 12 * * 1"],
  [deltaTrigger(DAY), "Delta: 1 day"],
  [deltaTrigger(14 * DAY), "Delta: 2 weeks"],
  [deltaTrigger(10 * DAY + 5400), "Delta: 10 days 1 hour 30 minutes"],
  [deltaDataInterval(90), "Delta: 1 minute 30 seconds"],
  [deltaDataInterval(0.25), "Delta: 0.25 seconds"],
  [events([at(NOW)]), "1 event"],
  [events([at(NOW), at(NOW), at(NOW)]), "3 events"],
  [events([at(NOW)], { description: "Finals" }), "Finals"],
];

for (const [schedule, summary] of SUMMARIES) {
  test(`a timetable is called ${summary} in lists`, (t) => t.is(read(schedule).summary, summary));
}

const UNREADABLE: readonly (readonly [type: string, fields: object, message: string])[] = [
  [
    "airflow.timetables.trigger.DeltaTriggerTimetable",
    { delta: 0, interval: 0 },
    "schedule interval must be positive, not 0 seconds",
  ],
  [
    "airflow.timetables.interval.DeltaDataIntervalTimetable",
    { delta: -5 },
    "schedule interval must be positive, not -5 seconds",
  ],
  [
    "airflow.timetables.interval.CronDataIntervalTimetable",
    { expression: "0 0 1 13 0", timezone: "UTC" },
    "[0 0 1 13 0] is not acceptable, out of range",
  ],
  ["my_plugin.LunarTimetable", {}, 'the timetable "my_plugin.LunarTimetable" is not supported'],
];

for (const [type, fields, message] of UNREADABLE) {
  test(`${type} of ${JSON.stringify(fields)} is refused`, (t) => {
    t.throws(() => readTimetable({ __type: type, __var: fields } as never), { message });
  });
}

test("@continuous follows on the end of the last run", (t) => {
  const timetable = read("@continuous");
  const restriction = { earliest: new Date("2024-01-01"), latest: null, catchup: false };
  const first = timetable.nextRun(null, restriction, at("2024-01-10T12:00"));
  t.deepEqual(first?.dataInterval, { start: new Date("2024-01-01"), end: at("2024-01-10T12:00") });
  const second = timetable.nextRun(first!.dataInterval, restriction, at("2024-01-10T12:05"));
  t.deepEqual(second?.dataInterval, { start: at("2024-01-10T12:00"), end: at("2024-01-10T12:05") });
});

const PROMISED: readonly (readonly [
  title: string,
  schedule: string | Timetable,
  last: string | null,
  promised: string,
  now: string,
  next: string,
])[] = [
  ["steps do not drift with whoever is late", deltaTrigger(60), "2024-01-10T11:59", NOW, "2024-01-10T12:00:02", NOW],
  [
    "steps go on now when one was left out",
    deltaTrigger(60),
    "2024-01-10T11:00",
    "2024-01-10T11:01",
    "2024-01-10T12:00:02",
    "2024-01-10T12:00:02",
  ],
  ["an event that has just come is not over", events([at(NOW)]), null, NOW, "2024-01-10T12:00:02", NOW],
  [
    "of two events that have passed neither is kept",
    events(["2024-01-09", NOW, "2024-01-11"].map(at)),
    null,
    "2024-01-09",
    "2024-01-10T12:00:02",
    "2024-01-11",
  ],
  ["a schedule that has changed keeps nothing", "@daily", null, "2024-01-10T11:00", NOW, "2024-01-11"],
  [
    "a DAG that was paused for long goes on with the latest tick",
    "@daily",
    "2024-01-05",
    "2024-01-06",
    NOW,
    "2024-01-10",
  ],
  ["a promise for later is asked again", "@hourly", "2024-01-10T11:00", "2024-01-11", NOW, NOW],
];

for (const [title, schedule, last, promised, now, next] of PROMISED) {
  test(title, (t) => {
    const dag = {
      timetable: parseSchedule("dag", schedule),
      catchup: false,
      tasks: [],
    } as unknown as SerializedDagFields;
    const question = { dag, last: last === null ? null : spanOf(last), promised: at(promised), now: at(now) };
    t.deepEqual(nextRunOf({ ...question, catchupByDefault: true })?.runAfter, at(next));
  });
}

test("catchup_by_default counts where the DAG says nothing", (t) => {
  const dag = dagOf({ startDate: at("2024-01-01") });
  const question = { dag, last: null, promised: null, now: at(NOW) };
  t.deepEqual(nextRunOf({ ...question, catchupByDefault: true })?.runAfter, at("2024-01-01"));
  t.deepEqual(nextRunOf({ ...question, catchupByDefault: false })?.runAfter, at("2024-01-10"));
});

test("a DAG without dates takes its tasks' first start, and their last end when each has one", (t) => {
  const [first, second] = [
    { startDate: at("2024-01-05"), endDate: at("2024-01-07") },
    { startDate: at("2024-01-03"), endDate: at("2024-01-06") },
  ];
  const next = (dag: SerializedDagFields, last: string | null) =>
    nextRunOf({ dag, last: last && spanOf(last), promised: null, catchupByDefault: true, now: at(NOW) } as never)
      ?.runAfter;
  t.deepEqual(next(dagOf({}, first, second), null), at("2024-01-03"));
  t.deepEqual(next(dagOf({}, first, second), "2024-01-06"), at("2024-01-07"));
  t.is(next(dagOf({}, first, second), "2024-01-07"), undefined);
  t.deepEqual(next(dagOf({}, first, {}), "2024-01-07"), at("2024-01-08"));
  t.deepEqual(next(dagOf({ startDate: at("2024-01-04") }, first, second), null), at("2024-01-04"));
  t.deepEqual(next(dagOf({ endDate: at("2024-01-09") }, first, second), "2024-01-08"), at("2024-01-09"));
});

function dagOf(spec: DagSpec, ...tasks: readonly TaskSpec[]): SerializedDagFields {
  const dag = new Dag("dag", { schedule: "@daily", ...spec });
  for (const [index, task] of tasks.entries()) dag.task(`t${index}`, async () => undefined, task)();
  return serializeDag(dag, { fileloc: "/dags/dag.ts", relativeFileloc: "dag.ts" }).dag;
}

const EXPRESSIONS = ["0 * * * *", "0 0 * * *", "30 2 * * *", "0 */6 * * *", "0 0 * * 1", "*/20 1-3 * * *", "0 0 1 * *"];
// Clocks that change by a whole hour. Where they change by half of one (Lord Howe), Airflow's rule for an hour field of
// `*` leaves a step that does not come back, and so do we.
const ZONES = ["UTC", "Europe/Zurich", "America/Sao_Paulo", "Australia/Adelaide", "America/St_Johns"];
const change = fc.record({
  from: fc.constantFrom(...EXPRESSIONS),
  to: fc.constantFrom(...EXPRESSIONS),
  zone: fc.constantFrom(...ZONES),
  start: fc.date({ min: at("2015-01-01"), max: at("2025-01-01"), noInvalidDate: true }),
  before: fc.integer({ min: 1, max: 8 }),
});

test("with catchup no interval is lost or doubled across a change of schedule", (t) => {
  fc.assert(
    fc.property(change, ({ from, to, zone, start, before }) => {
      const settings = { ...DEFAULT_SCHEDULE_SETTINGS, timezone: zone, cronDataIntervals: true };
      const [old, fresh] = [from, to].map((text) => readTimetable(parseSchedule("dag", text, settings)));
      const first = runsOf(old!, null, start, before);
      const last = first.at(-1)!.dataInterval;
      const second = runsOf(fresh!, last, start, 8);
      const [resumed] = second;
      // The new schedule goes on with its interval in which the old one ended, or with its own first one.
      const begins = runsOf(fresh!, null, start, 1)[0]!.dataInterval.start;
      const resumes =
        resumed!.dataInterval.start <= last.end || resumed!.dataInterval.start.getTime() === begins.getTime();
      return resumes && resumed!.dataInterval.end > last.end && isGapless(first) && isGapless(second);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test("with catchup no tick is lost or doubled across a change of schedule", (t) => {
  fc.assert(
    fc.property(change, ({ from, to, zone, start, before }) => {
      const settings = { ...DEFAULT_SCHEDULE_SETTINGS, timezone: zone };
      const [old, fresh] = [from, to].map((text) => readTimetable(parseSchedule("dag", text, settings)));
      const first = runsOf(old!, null, start, before);
      const second = runsOf(fresh!, first.at(-1)!.dataInterval, start, 8);
      const dates = [...first, ...second].map((run) => run.logicalDate.getTime());
      return dates.every((date, index) => index === 0 || dates[index - 1]! < date);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

function runsOf(
  timetable: ReturnType<typeof readTimetable>,
  last: DataInterval | null,
  earliest: Date,
  count: number,
): NextRun[] {
  const runs: NextRun[] = [];
  for (let interval = last; runs.length < count; interval = runs.at(-1)!.dataInterval) {
    runs.push(timetable.nextRun(interval, { earliest, latest: null, catchup: true }, at(NOW))!);
  }
  return runs;
}

function isGapless(runs: readonly NextRun[]): boolean {
  return runs.every(
    ({ dataInterval: { start, end } }, index) =>
      start < end && (index === 0 || runs[index - 1]!.dataInterval.end.getTime() === start.getTime()),
  );
}
