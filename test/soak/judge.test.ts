import test from "ava";
import { judge } from "./judge.ts";

const allowance = { absolute: 2, relative: 0.05 };
const over = (minutes: number, valueAt: (seconds: number) => number) =>
  Array.from({ length: minutes * 4 + 1 }, (_, at) => [at * 15, valueAt(at * 15)] as const);

const CASES: readonly (readonly [title: string, valueAt: (seconds: number) => number, isFlat: boolean])[] = [
  ["a constant", () => 30, true],
  ["a warm-up, and then a constant", (seconds) => (seconds < 900 ? 10 + seconds / 20 : 55), true],
  ["a saw that always comes back", (seconds) => 30 + ((seconds / 15) % 4) * 5, true],
  ["a fall", (seconds) => 90 - seconds / 100, true],
  ["a rise that is less than is allowed", (seconds) => 30 + seconds / 3_600, true],
  ["a rise", (seconds) => 30 + seconds / 300, false],
  ["a saw that rises", (seconds) => 30 + ((seconds / 15) % 4) * 5 + seconds / 300, false],
];

for (const [title, valueAt, isFlat] of CASES) {
  test(`a soak takes ${title} for ${isFlat ? "flat" : "growth"}`, (t) => {
    t.is(judge({ points: over(60, valueAt), allowance }).isFlat, isFlat);
  });
}

test("what a rise is per hour is told", (t) => {
  t.is(judge({ points: over(60, (seconds) => 30 + seconds / 300), allowance }).perHour, 12);
});
