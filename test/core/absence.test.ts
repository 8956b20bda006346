import test from "ava";
import { absenceOf, createAbsence } from "#core/absence.ts";
import { createLog } from "#core/log.ts";

function record() {
  const lines: string[] = [];
  const log = createLog("test", "INFO", (line) => lines.push(line.replace(/^.*\} /, "").trimEnd()));
  return { lines, log };
}

test("a server that is away is spoken of at once, then once in ten seconds, and when it is back", (t) => {
  const { lines, log } = record();
  let now = 0;
  const absence = createAbsence(log, "The database", () => now);
  absence.answered();
  for (; now < 25_000; now += 100) absence.failed(new Error("connect ECONNREFUSED"));
  absence.answered();
  absence.answered();
  const away = "WARNING - The database does not answer (connect ECONNREFUSED";
  t.deepEqual(lines, [
    `${away}); trying again`,
    `${away}; 99 more attempts failed since the last such line); trying again`,
    `${away}; 99 more attempts failed since the last such line); trying again`,
    "INFO - The database answers again after 25.0 s",
  ]);
});

test("a server that comes and goes many times a second does not fill the log", (t) => {
  const { lines, log } = record();
  let now = 0;
  const absence = createAbsence(log, "The broker", () => now);
  for (; now < 60_000; now += 10) {
    absence.failed(new Error("gone"));
    absence.answered();
  }
  t.is(lines.length, 2 * 6);
});

test("all of a process that notice a server's absence share one voice, and each server has its own", (t) => {
  const { lines, log } = record();
  for (let part = 0; part < 20; part++) absenceOf(log, "The database").failed(new Error("away"));
  absenceOf(log, "The broker").failed(new AggregateError([new Error("one"), new Error("two")]));
  t.deepEqual(lines, [
    "WARNING - The database does not answer (away); trying again",
    "WARNING - The broker does not answer (one; two); trying again",
  ]);
});
