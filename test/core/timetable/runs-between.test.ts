import test from "ava";
import { isPeriodic } from "#core/timetable/is-periodic.ts";
import { readTimetable } from "#core/timetable/read-timetable.ts";
import { runsBetween } from "#core/timetable/runs-between.ts";
import { cronDataInterval, cronTrigger, Dag, type DagSpec, deltaTrigger, events } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const timetableOf = (schedule: DagSpec["schedule"]) =>
  serializeDag(new Dag("a", { schedule, maxActiveRuns: 1 }), { fileloc: "/a.ts", relativeFileloc: "a.ts" }).dag
    .timetable;
const utc = (text: string) => new Date(`${text}Z`);

interface Case {
  readonly title: string;
  readonly schedule: DagSpec["schedule"];
  readonly from: string;
  readonly to: string;
  readonly now?: string;
  readonly dates: readonly string[];
}

const CASES: readonly Case[] = [
  {
    title: "both ends belong to the range",
    schedule: "@daily",
    from: "2024-01-01T00:00",
    to: "2024-01-03T00:00",
    dates: ["2024-01-01T00:00", "2024-01-02T00:00", "2024-01-03T00:00"],
  },
  {
    title: "a beginning between two ticks is aligned to the next one",
    schedule: "@daily",
    from: "2024-01-01T12:00",
    to: "2024-01-02T23:00",
    dates: ["2024-01-02T00:00"],
  },
  {
    title: "a range without a tick has no runs",
    schedule: "@daily",
    from: "2024-01-01T01:00",
    to: "2024-01-01T23:00",
    dates: [],
  },
  {
    title: "data intervals that are not over are left out",
    schedule: cronDataInterval("@daily"),
    from: "2024-01-01T00:00",
    to: "2024-01-09T00:00",
    now: "2024-01-03T12:00",
    dates: ["2024-01-01T00:00", "2024-01-02T00:00"],
  },
  {
    title: "ticks to come are left out",
    schedule: cronTrigger("@daily"),
    from: "2024-01-01T00:00",
    to: "2024-01-09T00:00",
    now: "2024-01-02T00:00",
    dates: ["2024-01-01T00:00"],
  },
  {
    title: "steps of one length begin at the range's beginning",
    schedule: deltaTrigger(3600),
    from: "2024-01-01T00:30",
    to: "2024-01-01T02:30",
    dates: ["2024-01-01T00:30", "2024-01-01T01:30", "2024-01-01T02:30"],
  },
  {
    title: "listed events",
    schedule: events([utc("2024-01-01T10:00"), utc("2024-02-01T10:00"), utc("2024-03-01T10:00")]),
    from: "2024-01-15T00:00",
    to: "2024-03-15T00:00",
    dates: ["2024-02-01T10:00", "2024-03-01T10:00"],
  },
];

for (const { title, schedule, from, to, now = "2025-01-01T00:00", dates } of CASES) {
  test(`the runs between two dates: ${title}`, (t) => {
    const range = { from: utc(from), to: utc(to), now: utc(now), limit: 100 };
    const runs = runsBetween(readTimetable(timetableOf(schedule)), range);
    t.deepEqual(
      runs.map((run) => run.logicalDate.toISOString().slice(0, 16)),
      [...dates],
    );
  });
}

test("the listing ends at its limit", (t) => {
  const range = { from: utc("1970-01-01T00:00"), to: utc("2024-01-01T00:00"), now: utc("2025-01-01T00:00"), limit: 5 };
  t.is(runsBetween(readTimetable(timetableOf("* * * * * *")), range).length, 5);
});

const PERIODIC: readonly (readonly [DagSpec["schedule"], boolean])[] = [
  [null, false],
  ["@once", false],
  ["@continuous", false],
  ["@daily", true],
  [deltaTrigger(60), true],
  [events([utc("2024-01-01T10:00")]), true],
];

test("schedules with dates of their own can be backfilled", (t) => {
  for (const [schedule, expected] of PERIODIC) {
    const timetable = timetableOf(schedule);
    t.is(isPeriodic(timetable), expected, timetable.__type);
  }
});
