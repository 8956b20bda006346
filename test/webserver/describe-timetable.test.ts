import test from "ava";
import { describeTimetable } from "#webserver/api/show/describe-timetable.ts";

const CASES: readonly (readonly [summary: string, description: string])[] = [
  ["None", "Never, external triggers only"],
  ["0 0 * * *", "At 00:00"],
  ["30 3 * * MON-FRI 15", "Cron: 30 3 * * MON-FRI 15"],
  ["*/5 1,2 * * *", "Cron: */5 1,2 * * *"],
  ["0 0 * * *, 0 12 * * 1", "0 0 * * *, 0 12 * * 1"],
  ["Delta: 1 day", "Every 1 day"],
  ["Delta: 1 hour 30 minutes", "Every 1 hour 30 minutes"],
  ["3 events", "3 events"],
  ["Finals", "Finals"],
];

for (const [summary, description] of CASES) {
  test(`${summary} is described as: ${description}`, (t) => t.is(describeTimetable(summary), description));
}
