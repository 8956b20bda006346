import test from "ava";
import fc from "fast-check";
import { retryDelaySeconds } from "#core/retry-delay.ts";

const failed = (tryNumber: number) => ({
  dagId: "d",
  taskId: "t",
  logicalDate: new Date("2019-01-01T00:00:00Z"),
  tryNumber,
});

test("without backoff the delay is the task's", (t) => {
  for (const tryNumber of [1, 2, 9]) t.is(retryDelaySeconds({ retryDelay: 7.5, backoff: 0 }, failed(tryNumber)), 7.5);
});

// Airflow's own bounds for a delay of 30 s and a limit of an hour (test_next_retry_datetime), by the failed try.
const bounds: readonly [tryNumber: number, least: number, most: number][] = [
  [1, 30, 60],
  [3, 120, 240],
  [5, 480, 960],
  [9, 3600, 3600],
];
for (const [tryNumber, least, most] of bounds) {
  test(`after failed try ${tryNumber}, a delay of 30 s has grown to ${least}–${most} s`, (t) => {
    const delay = retryDelaySeconds({ retryDelay: 30, backoff: 2, maxRetryDelay: 3600 }, failed(tryNumber));
    t.true(least <= delay && delay <= most, `${delay}`);
  });
}

test("the jitter is Python's for the same ids and date", (t) => {
  // int(sha1(b"d#t#2019-01-01 00:00:00+00:00#2").hexdigest(), 16) % 30 + 30
  t.is(retryDelaySeconds({ retryDelay: 30, backoff: 2 }, failed(1)), 58);
  // int(sha1(b"d#t#2019-01-01 00:00:00.250000+00:00#3").hexdigest(), 16) % 60 + 60
  const dated = { ...failed(2), logicalDate: new Date("2019-01-01T00:00:00.250Z") };
  t.is(retryDelaySeconds({ retryDelay: 30, backoff: 2 }, dated), 86);
});

test("a delay of nothing or less than a second backs off from one second", (t) => {
  for (const retryDelay of [0, 0.2]) t.is(retryDelaySeconds({ retryDelay, backoff: 2 }, failed(1)), 1);
});

test("a delay with backoff is between one and two times the grown one, within a day, and always the same", (t) => {
  const cases = fc.record({
    retryDelay: fc.integer({ min: 1, max: 10_000 }),
    tryNumber: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(cases, ({ retryDelay, tryNumber }) => {
      const delay = retryDelaySeconds({ retryDelay, backoff: 2 }, failed(tryNumber));
      const grown = Math.min(retryDelay * 2 ** (tryNumber - 1), 86_400);
      t.true(grown <= delay && delay <= Math.min(2 * grown, 86_400));
      t.is(delay, retryDelaySeconds({ retryDelay, backoff: 2 }, failed(tryNumber)));
    }),
  );
});
