import test from "ava";
import { latestWindow } from "#core/timetable/latest-window.ts";
import { readTimetable } from "#core/timetable/read-timetable.ts";
import { cronDataInterval, cronTrigger, Dag, type DagSpec, events } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const utc = (text: string) => new Date(`${text}Z`);
type Span = readonly [start: string, end: string];

const CASES: readonly (readonly [title: string, schedule: DagSpec["schedule"], run: Span, window: Span | null])[] = [
  [
    "a run of an interval is the latest until the next interval is over",
    cronDataInterval("@daily"),
    ["2024-01-01T00:00", "2024-01-02T00:00"],
    ["2024-01-01T00:00", "2024-01-03T00:00"],
  ],
  [
    "a run at a tick is the latest until the next tick",
    cronTrigger("@daily"),
    ["2024-01-01T00:00", "2024-01-01T00:00"],
    ["2024-01-01T00:00", "2024-01-02T00:00"],
  ],
  [
    "a run of the last listed date is the latest for ever",
    events([utc("2024-01-01T00:00"), utc("2024-02-01T00:00")]),
    ["2024-02-01T00:00", "2024-02-01T00:00"],
    null,
  ],
  ["a run without a schedule is the latest for ever", null, ["2024-02-01T00:00", "2024-02-01T00:00"], null],
];

for (const [title, schedule, [start, end], window] of CASES) {
  test(title, (t) => {
    const { timetable } = serializeDag(new Dag("a", { schedule }), { fileloc: "/a.ts", relativeFileloc: "a.ts" }).dag;
    const found = latestWindow(readTimetable(timetable), { start: utc(start), end: utc(end) }, utc("2025-01-01T00:00"));
    t.deepEqual(found, window && { start: utc(window[0]), end: utc(window[1]) });
  });
}
