import test from "ava";
import { createLog } from "#core/log.ts";
import { LeftOut } from "#scheduler/left-out.ts";

test("a DAG that fails is left out ever longer, up to a minute, until it succeeds", (t) => {
  const lines: string[] = [];
  const leftOut = new LeftOut(createLog("scheduler", "INFO", (line) => lines.push(line)));
  const seconds: number[] = [];
  let now = 0;
  for (let failure = 0; failure < 8; failure++) {
    leftOut.add("a", "Creating a run", new Error("no"), now);
    t.deepEqual(leftOut.ids(now), ["a"]);
    t.false(leftOut.has("b", now));
    const from = now;
    while (leftOut.has("a", now)) now += 1_000;
    seconds.push((now - from) / 1_000);
  }
  t.deepEqual(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
  t.regex(lines[0]!, /Creating a run of Dag a failed, and is tried again in 1 s: Error: no/);
  leftOut.readmit("a");
  leftOut.add("a", "Creating a run", new Error("again"), now);
  t.true(leftOut.has("a", now + 999));
  t.false(leftOut.has("a", now + 1_000));
});

test("that the database is away is no DAG's fault", (t) => {
  const leftOut = new LeftOut(createLog("scheduler", "INFO", () => undefined));
  const away = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });
  t.throws(() => leftOut.add("a", "Creating a run", away), { is: away });
  t.deepEqual(leftOut.ids(), []);
});
