import test from "ava";
import { readTimetable } from "#core/timetable/read-timetable.ts";
import type { DataInterval, TimeRestriction } from "#core/timetable/timetable.ts";
import { parseSchedule } from "#sdk/schedule.ts";

const at = (text: string) => new Date(`${text}Z`);
const exactly = (text: string): DataInterval => ({ start: at(text), end: at(text) });

interface Case {
  readonly title: string;
  readonly schedule: string | null;
  readonly last?: string;
  readonly earliest?: string;
  readonly latest?: string;
  readonly catchup?: boolean;
  readonly now: string;
  readonly next: string | null;
}

const CASES: readonly Case[] = [
  { title: "no schedule has no next run", schedule: null, now: "2024-01-10T12:00", next: null },
  {
    title: "@once is due at the start date",
    schedule: "@once",
    earliest: "2024-01-01",
    now: "2024-01-10T12:00",
    next: "2024-01-01T00:00",
  },
  {
    title: "@once without a start date is due now",
    schedule: "@once",
    now: "2024-01-10T12:00",
    next: "2024-01-10T12:00",
  },
  { title: "@once is due once", schedule: "@once", last: "2024-01-01T00:00", now: "2024-01-10T12:00", next: null },
  {
    title: "@once after the end date never is",
    schedule: "@once",
    latest: "2024-01-01",
    now: "2024-01-10T12:00",
    next: null,
  },
  {
    title: "with catchup the first run is the first tick from the start date",
    schedule: "@daily",
    earliest: "2024-01-01T06:00",
    catchup: true,
    now: "2024-01-10T12:00",
    next: "2024-01-02T00:00",
  },
  {
    title: "a start date that is a tick is the first run",
    schedule: "@daily",
    earliest: "2024-01-01",
    catchup: true,
    now: "2024-01-10T12:00",
    next: "2024-01-01T00:00",
  },
  {
    title: "with catchup the next run is the next tick after the last",
    schedule: "@daily",
    earliest: "2024-01-01",
    last: "2024-01-03T00:00",
    catchup: true,
    now: "2024-01-10T12:00",
    next: "2024-01-04T00:00",
  },
  {
    title: "without catchup an old start date still gives one run, the latest tick",
    schedule: "@daily",
    earliest: "2024-01-01",
    now: "2024-01-10T12:00",
    next: "2024-01-10T00:00",
  },
  {
    title: "without catchup missed ticks are left out",
    schedule: "@daily",
    earliest: "2024-01-01",
    last: "2024-01-03T00:00",
    now: "2024-01-10T12:00",
    next: "2024-01-10T00:00",
  },
  {
    title: "without catchup the tick after the last run is in the future",
    schedule: "@daily",
    earliest: "2024-01-01",
    last: "2024-01-10T00:00",
    now: "2024-01-10T12:00",
    next: "2024-01-11T00:00",
  },
  {
    title: "a start date in the future is waited for",
    schedule: "@daily",
    earliest: "2024-02-01T06:00",
    now: "2024-01-10T12:00",
    next: "2024-02-02T00:00",
  },
  {
    title: "without a start date the first run is the next tick",
    schedule: "@daily",
    now: "2024-01-10T12:00",
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
    now: "2024-01-10T12:00",
    next: null,
  },
  {
    title: "the end date itself is a run",
    schedule: "@daily",
    earliest: "2024-01-01",
    latest: "2024-01-05",
    last: "2024-01-04T00:00",
    catchup: true,
    now: "2024-01-10T12:00",
    next: "2024-01-05T00:00",
  },
  {
    title: "a changed schedule goes on after the last run",
    schedule: "@hourly",
    earliest: "2024-01-01",
    last: "2024-01-03T00:00",
    catchup: true,
    now: "2024-01-10T12:00",
    next: "2024-01-03T01:00",
  },
];

for (const { title, schedule, last, earliest, latest, catchup = false, now, next } of CASES) {
  test(title, (t) => {
    const restriction: TimeRestriction = {
      earliest: earliest === undefined ? null : new Date(earliest.includes("T") ? `${earliest}Z` : earliest),
      latest: latest === undefined ? null : new Date(latest),
      catchup,
    };
    const timetable = readTimetable(parseSchedule("dag", schedule));
    const run = timetable.nextRun(last === undefined ? null : exactly(last), restriction, at(now));
    t.deepEqual(run, next === null ? null : { logicalDate: at(next), dataInterval: exactly(next), runAfter: at(next) });
  });
}

test("@continuous follows on the end of the last run", (t) => {
  const timetable = readTimetable(parseSchedule("dag", "@continuous"));
  const restriction = { earliest: new Date("2024-01-01"), latest: null, catchup: false };
  const first = timetable.nextRun(null, restriction, at("2024-01-10T12:00"));
  t.deepEqual(first?.dataInterval, { start: new Date("2024-01-01"), end: at("2024-01-10T12:00") });
  const second = timetable.nextRun(first!.dataInterval, restriction, at("2024-01-10T12:05"));
  t.deepEqual(second?.dataInterval, { start: at("2024-01-10T12:00"), end: at("2024-01-10T12:05") });
});

test("a timetable is called by what lists show", (t) => {
  const names = [null, "@once", "@continuous", "@daily", "30 3 * * 1"].map(
    (schedule) => readTimetable(parseSchedule("dag", schedule)).summary,
  );
  t.deepEqual(names, ["None", "@once", "@continuous", "0 0 * * *", "30 3 * * 1"]);
});
