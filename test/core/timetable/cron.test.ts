import test from "ava";
import fc from "fast-check";
import { Cron } from "#core/timetable/cron.ts";

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

for (const expression of ["0 0 1 13 0", "61 * * * *", "0 24 * * *", "0 0 30 2 *"]) {
  test(`${expression} is not acceptable`, (t) => {
    t.throws(() => new Cron(expression), { message: `[${expression}] is not acceptable, out of range` });
  });
}

test("the tick before an instant is never after it, when a gap in the clocks has moved the nearest one", (t) => {
  const cron = new Cron("30 2 * * *", "Europe/Zurich");
  t.is(cron.previous(new Date("2019-03-31T01:00Z")).toISOString(), "2019-03-30T01:30:00.000Z");
});

test("around every change of clocks, ticks strictly increase and the one before a tick's successor is no later", (t) => {
  const zones = ["UTC", "Europe/Zurich", "America/Sao_Paulo", "America/Los_Angeles", "Australia/Lord_Howe"];
  const crons = ["0 * * * *", "30 2 * * *", "0 */2 * * *", "*/15 1-3 * * *", "0 0 * * *", "5 0,1,2 * * *"];
  const from = Date.UTC(2018, 9, 1) / 60_000;
  const to = Date.UTC(2019, 10, 30) / 60_000;
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...crons),
      fc.integer({ min: from, max: to }),
      (zone, expression, minute) => {
        const cron = new Cron(expression, zone);
        const instant = new Date(minute * 60_000);
        const next = cron.next(instant);
        if (next <= instant) return false;
        const previous = cron.previous(instant);
        return previous < instant && cron.next(previous) <= next && cron.alignToNext(instant) >= instant;
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});
