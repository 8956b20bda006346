import test from "ava";
import { argumentObject } from "#worker/child/arguments.ts";

const make = (
  values: Record<string, unknown>,
  warn: (message: string) => void = () => {},
  renamed: Record<string, string> = {},
) => argumentObject(new Map(Object.entries(values)), warn, renamed);

test("names match exactly first, then without regard to case and underscores", (t) => {
  const args = make({ region_code: 1, Region: 2 });
  t.is(args.region_code, 1);
  t.is(args.regionCode, 1);
  t.is(args.region, 2);
  t.true("REGIONCODE" in args);
  t.false("toString" in args);
  t.deepEqual(Object.keys(args), ["region_code", "Region"]);
  const { regionCode, ...rest } = args;
  t.is(regionCode, 1);
  t.deepEqual(rest, { region_code: 1, Region: 2 });
});

test("a renamed argument is read under its other name, and never under its own", (t) => {
  const args = make({ row_count: 1, rows: 2, region_code: 3 }, () => {}, { rows: "row_count", region: "regionCode" });
  t.is(args.rows, 1);
  t.is(args.region, undefined);
  t.is(args.regionCode, 3);
});

test("a name that nothing binds reads as undefined, with a warning", (t) => {
  const warnings: string[] = [];
  const args = make({ a: 1, b: 2 }, (message) => warnings.push(message));
  t.is(args.c, undefined);
  t.deepEqual(warnings, ["Task argument not bound by this task's call: c (bound: a, b)"]);
});

const writes: readonly [string, (args: Record<string, unknown>) => unknown, string][] = [
  [
    "assigned",
    (args) => Object.assign(args, { a: 2 }),
    "Cannot assign to task argument a: bound arguments are read-only",
  ],
  ["added", (args) => Object.assign(args, { z: 2 }), "Cannot assign to task argument z: bound arguments are read-only"],
  [
    "deleted",
    (args) => Reflect.deleteProperty(args, "a"),
    "Cannot delete task argument a: bound arguments are read-only",
  ],
];
for (const [what, write, message] of writes) {
  test(`an argument cannot be ${what}`, (t) => {
    t.throws(() => write(make({ a: 1 }) as Record<string, unknown>), { instanceOf: TypeError, message });
  });
}

test("two names that fold to the same one are refused", (t) => {
  t.throws(() => make({ regionCode: 1, region_code: 2 }), {
    message:
      'Task arguments "regionCode" and "region_code" both fold to "regioncode", so a handler cannot name them apart; ' +
      "rename one in the @task.stub signature",
  });
});
