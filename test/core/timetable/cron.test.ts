import test from "ava";
import fc from "fast-check";
import { Cron } from "#core/timetable/cron.ts";
import { CRONITER_VECTORS } from "./croniter-vectors.ts";

/** Airflow's own ticks (croniter and pendulum), in UTC, after an instant. */
const VECTORS: readonly (readonly [cron: string, zone: string, from: string, ticks: readonly string[]])[] = [
  ["30 2 * * *", "Europe/Zurich", "2023-03-25T12:00", ["2023-03-26T01:30", "2023-03-27T00:30", "2023-03-28T00:30"]],
  ["30 2 * * *", "Europe/Zurich", "2023-10-28T12:00", ["2023-10-29T01:30", "2023-10-30T01:30"]],
  [
    "0 * * * *",
    "Europe/Zurich",
    "2023-03-26T00:00",
    ["2023-03-26T01:00", "2023-03-26T02:00", "2023-03-26T03:00", "2023-03-26T04:00"],
  ],
  [
    "0 * * * *",
    "Europe/Zurich",
    "2023-10-28T23:30",
    ["2023-10-29T00:00", "2023-10-29T01:00", "2023-10-29T02:00", "2023-10-29T03:00", "2023-10-29T04:00"],
  ],
  [
    "30 * * * *",
    "Europe/Zurich",
    "2023-10-28T23:45",
    ["2023-10-29T00:30", "2023-10-29T01:30", "2023-10-29T02:30", "2023-10-29T03:30"],
  ],
  [
    "0 */2 * * *",
    "Europe/Zurich",
    "2023-03-25T23:30",
    ["2023-03-26T01:00", "2023-03-26T02:00", "2023-03-26T04:00", "2023-03-26T06:00"],
  ],
  [
    "0 */2 * * *",
    "Europe/Zurich",
    "2023-10-28T21:30",
    ["2023-10-28T22:00", "2023-10-29T01:00", "2023-10-29T03:00", "2023-10-29T05:00", "2023-10-29T07:00"],
  ],
  [
    "0 1,2,3 * * *",
    "Europe/Zurich",
    "2023-03-25T22:30",
    ["2023-03-26T00:00", "2023-03-26T01:00", "2023-03-26T23:00", "2023-03-27T00:00"],
  ],
  [
    "0 1,2,3 * * *",
    "Europe/Zurich",
    "2023-10-28T22:30",
    ["2023-10-28T23:00", "2023-10-29T01:00", "2023-10-29T02:00", "2023-10-30T00:00"],
  ],
  ["*/15 1-3 * * *", "Europe/Zurich", "2023-10-29T00:40", ["2023-10-29T01:45", "2023-10-29T02:00"]],
  ["0 0 * * *", "America/Sao_Paulo", "2018-11-02T12:00", ["2018-11-03T03:00", "2018-11-04T03:00", "2018-11-05T02:00"]],
  [
    "20 */4 * * *",
    "America/Los_Angeles",
    "2023-03-12T07:00",
    ["2023-03-12T08:20", "2023-03-12T11:20", "2023-03-12T15:20", "2023-03-12T19:20"],
  ],
  [
    "0 7-8 * * *",
    "America/Los_Angeles",
    "2020-03-07T12:00",
    ["2020-03-07T15:00", "2020-03-07T16:00", "2020-03-08T14:00", "2020-03-08T15:00"],
  ],
  ["0 9 13 * 5", "UTC", "2023-01-07T00:00", ["2023-01-13T09:00", "2023-01-20T09:00"]],
  ["0 0 31 * *", "UTC", "2023-02-01T00:00", ["2023-03-31T00:00", "2023-05-31T00:00"]],
  ["0 0 29 2 *", "UTC", "2023-01-01T00:00", ["2024-02-29T00:00", "2028-02-29T00:00"]],
  ["0 0 * * 7", "UTC", "2023-01-02T00:00", ["2023-01-08T00:00"]],
  ["0 0 * * sun#2", "UTC", "2023-01-01T12:00", ["2023-01-08T00:00"]],
  ["0 0 L * *", "UTC", "2023-01-01T12:00", ["2023-01-31T00:00"]],
  ["0 0 * * L5", "UTC", "2023-01-01T12:00", ["2023-01-27T00:00"]],
  ["30 3 * * MON-FRI 15", "UTC", "2023-01-06T12:00", ["2023-01-09T03:30:15"]],
];

for (const [expression, zone, from, expected] of VECTORS) {
  test(`${expression} in ${zone} ticks as in Airflow after ${from}`, (t) => {
    const cron = new Cron(expression, zone);
    let instant = new Date(`${from}Z`);
    const ticks = expected.map(() => {
      instant = cron.next(instant);
      return instant.toISOString();
    });
    t.deepEqual(
      ticks,
      expected.map((tick) => new Date(`${tick}Z`).toISOString()),
    );
  });
}

for (const { expression, next, previous } of CRONITER_VECTORS) {
  test(`${expression} ticks as in croniter, forwards and backwards`, (t) => {
    const cron = new Cron(expression);
    const walk = (step: (instant: Date) => Date, count: number) => {
      let instant = new Date("2024-02-14T12:34:56Z");
      return Array.from({ length: count }, () => {
        instant = step(instant);
        return instant.toISOString();
      });
    };
    const iso = (text: string) => new Date(`${text}Z`).toISOString();
    t.deepEqual(
      walk((instant) => cron.next(instant), next.length),
      next.map(iso),
    );
    t.deepEqual(
      walk((instant) => cron.previous(instant), previous.length),
      previous.map(iso),
    );
  });
}

for (const [expression, same] of [
  ["15 */1 * * *", "15 * * * *"],
  ["15 0-23 * * *", "15 * * * *"],
] as const) {
  test(`${expression} takes every hour, and so ticks twice in a repeated one`, (t) => {
    const instant = new Date("2023-10-29T00:15Z");
    const expected = new Cron(same, "Europe/Zurich").next(instant);
    t.deepEqual(new Cron(expression, "Europe/Zurich").next(instant), expected);
    t.is(expected.toISOString(), "2023-10-29T01:15:00.000Z");
  });
}

const UNREADABLE: readonly (readonly [expression: string, why: string])[] = [
  ["0 0 * *", "it has 4 fields instead of 5 or 6"],
  ["0 0 * FOO *", "foo is no month"],
  ["*/0 * * * *", "step 0 of the minute"],
  ["? * * * *", "the question mark stands for a day of month or a day of week only"],
  ["0 0 15W * *", "W is not supported"],
  ["0 0 * * 1#6", "1#6 is no day of week"],
  ["-5 * * * *", "-5 is no minute"],
];

for (const [expression, why] of UNREADABLE) {
  test(`${expression} is not acceptable: ${why}`, (t) => {
    t.throws(() => new Cron(expression), { message: `[${expression}] is not acceptable, ${why}` });
  });
}

for (const expression of ["0 0 1 13 0", "61 * * * *", "0 24 * * *", "0 0 30 2 *", "0 0 0 * *", "0 0 * * 8"]) {
  test(`${expression} is not acceptable`, (t) => {
    t.throws(() => new Cron(expression), { message: `[${expression}] is not acceptable, out of range` });
  });
}

test("the tick before an instant is never after it, when a gap in the clocks has moved the nearest one", (t) => {
  const cron = new Cron("30 2 * * *", "Europe/Zurich");
  t.is(cron.previous(new Date("2019-03-31T01:00Z")).toISOString(), "2019-03-30T01:30:00.000Z");
});

const ZONES = [
  "UTC",
  "Europe/Zurich",
  "Europe/Dublin",
  "Africa/Casablanca",
  "America/Sao_Paulo",
  "America/Los_Angeles",
  "America/St_Johns",
  "America/Havana",
  "Asia/Tehran",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  // Left out a whole day in 2011.
  "Pacific/Apia",
];
const CRONS = [
  "0 * * * *",
  "*/20 * * * *",
  "30 2 * * *",
  "0 */2 * * *",
  "*/15 1-3 * * *",
  "0 0 * * *",
  "5 0,1,2 * * *",
  "0 3 * * MON-FRI",
  "59 23 L * *",
  "0 1 * * SUN#1",
];

test("in every zone and year, ticks strictly increase and the tick after the one before is no later", (t) => {
  const minute = fc.integer({ min: Date.UTC(1995, 0, 1) / 60_000, max: Date.UTC(2037, 0, 1) / 60_000 });
  fc.assert(fc.property(fc.constantFrom(...ZONES), fc.constantFrom(...CRONS), minute, holds), { numRuns: 1500 });
  t.pass();
});

test("within three hours of every change of clocks, the same holds", (t) => {
  const changes = ZONES.flatMap((zone) => changesOfClocks(zone).map((change) => [zone, change] as const));
  const near = fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -180, max: 180 }));
  fc.assert(
    fc.property(near, fc.constantFrom(...CRONS), ([[zone, change], offset], expression) =>
      holds(zone, expression, change + offset),
    ),
    { numRuns: 1500 },
  );
  t.pass();
});

function holds(zone: string, expression: string, minute: number): boolean {
  const cron = new Cron(expression, zone);
  const instant = new Date(minute * 60_000);
  const [previous, next] = [cron.previous(instant), cron.next(instant)];
  return (
    previous < instant &&
    instant < next &&
    next < cron.next(next) &&
    cron.next(previous) <= next &&
    cron.alignToPrevious(instant) <= instant &&
    instant <= cron.alignToNext(instant)
  );
}

/** Hours, in minutes since 1970, after which a zone's clocks show something else, from 2005 to 2025. */
function changesOfClocks(zone: string): number[] {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const offsetAt = (day: number) =>
    format.formatToParts(day * 86_400_000).find(({ type }) => type === "timeZoneName")!.value;
  const days = Array.from({ length: 20 * 365 }, (_, index) => Date.UTC(2005, 0, 1) / 86_400_000 + index);
  return days.filter((day) => offsetAt(day) !== offsetAt(day + 1)).flatMap((day) => hoursOf(day, offsetAt));
}

function hoursOf(day: number, offsetAt: (day: number) => string): number[] {
  const hours = Array.from({ length: 24 }, (_, hour) => day + hour / 24);
  return hours.filter((at) => offsetAt(at) !== offsetAt(at + 1 / 24)).map((at) => Math.round(at * 1440));
}
