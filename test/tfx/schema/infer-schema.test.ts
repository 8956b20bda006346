import test from "ava";
import { inferSchema, updateSchema } from "#tfx/schema/infer-schema.ts";
import type { Feature } from "#tfx/schema/schema.ts";
import { dataset, floats, integers, strings } from "../helpers/statistics.ts";

const shaped = { presence: { min_fraction: 1, min_count: 1 }, shape: { dim: [{ size: 1 }] } };

/** What it is about, the feature's statistics, and the feature that is inferred. */
const inferred: readonly [string, Parameters<typeof dataset>[0][number], Feature][] = [
  ["integers", integers({ min: 0, max: 7 }), { name: "x", type: "INT", ...shaped }],
  ["0 and 1 as integers", integers({ min: 0, max: 1 }), { name: "x", type: "INT", ...shaped, bool_domain: {} }],
  ["floats", floats({ min: 0, max: 1 }), { name: "x", type: "FLOAT", ...shaped }],
  ["strings", strings({ b: 4, a: 6 }), { name: "x", type: "BYTES", ...shaped, domain: "x" }],
  ["integers as text", strings({ "12": 4, "-3": 6 }), { name: "x", type: "BYTES", ...shaped, int_domain: {} }],
  [
    "true and false as text",
    strings({ true: 4, false: 6 }),
    { name: "x", type: "BYTES", ...shaped, bool_domain: { true_value: "true", false_value: "false" } },
  ],
  ["strings that are no UTF-8", strings({ a: 9 }, { invalid: 1 }), { name: "x", type: "BYTES", ...shaped }],
  [
    "a feature that some examples lack",
    integers({ min: 0, max: 7 }, { present: 8 }),
    { name: "x", type: "INT", presence: { min_count: 1 }, value_count: { min: 1, max: 1 } },
  ],
  [
    "a feature that some examples have without a value",
    integers({ min: 0, max: 7 }, { minValues: 0 }),
    { name: "x", type: "INT", presence: { min_fraction: 1, min_count: 1 } },
  ],
  [
    "a feature with one to three values",
    integers({ min: 0, max: 7 }, { maxValues: 3 }),
    { name: "x", type: "INT", presence: { min_fraction: 1, min_count: 1 }, value_count: { min: 1 } },
  ],
  [
    "a feature that no example has",
    strings({}, { present: 0, minValues: 0, maxValues: 0 }),
    { name: "x", type: "BYTES", presence: { min_count: 0 } },
  ],
];

for (const [what, statistics, feature] of inferred) {
  test(`the schema of ${what}`, (t) => {
    t.deepEqual(inferSchema(dataset([statistics])).feature, [feature]);
  });
}

test("without shapes a fixed number of values is a value count", (t) => {
  const options = { inferFeatureShape: false, maxStringDomainSize: 100 };
  const [feature] = inferSchema(dataset([integers({ min: 0, max: 7 })]), options).feature!;
  t.deepEqual(feature!.value_count, { min: 1, max: 1 });
  t.is(feature!.shape, undefined);
});

test("a string domain holds the values in the order of their bytes, unless they are too many", (t) => {
  const values = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`v${index}`, 1]));
  t.is(inferSchema(dataset([strings(values)])).string_domain, undefined);
  t.deepEqual(inferSchema(dataset([strings({ b: 1, "": 2, a: 3, Z: 4 })])).string_domain, [
    { name: "x", value: ["", "Z", "a", "b"] },
  ]);
});

test("strings come first, each group by name", (t) => {
  const statistics = dataset([
    integers({}, { name: "b" }),
    strings({ v: 1 }, { name: "z" }),
    floats({}, { name: "a" }),
  ]);
  t.deepEqual(
    inferSchema(statistics).feature!.map(({ name }) => name),
    ["z", "a", "b"],
  );
});

test("an update appends new values, relaxes presence, adds features and deprecates those that are gone", (t) => {
  const before = inferSchema(
    dataset([strings({ b: 5, c: 5 }, { name: "s" }), integers({}, { name: "n" }), floats({}, { name: "gone" })]),
  );
  const after = updateSchema(
    before,
    dataset([
      strings({ a: 5, c: 3 }, { name: "s" }),
      integers({}, { name: "n", present: 9 }),
      floats({}, { name: "new" }),
    ]),
  );
  t.deepEqual(after.string_domain, [{ name: "s", value: ["b", "c", "a"] }]);
  const byName = new Map(after.feature!.map((feature) => [feature.name, feature]));
  t.deepEqual(byName.get("n"), { name: "n", type: "INT", presence: { min_fraction: 0.9, min_count: 1 } });
  t.is(byName.get("gone")!.lifecycle_stage, "DEPRECATED");
  t.deepEqual(byName.get("new"), {
    name: "new",
    type: "FLOAT",
    presence: { min_fraction: 1, min_count: 1 },
    value_count: { min: 1, max: 1 },
  });
  t.deepEqual(before.string_domain, [{ name: "s", value: ["b", "c"] }]);
});
