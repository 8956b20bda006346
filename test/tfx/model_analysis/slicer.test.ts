import test from "ava";
import { type Column, columnOf } from "#tfx/data/columns.ts";
import type { SlicingSpec } from "#tfx/model_analysis/eval-config.ts";
import { isSliceOf, type SliceKey, sliceName } from "#tfx/model_analysis/slice-key.ts";
import { Slicer } from "#tfx/model_analysis/slicer.ts";

// Rows: hour 3 in a red cab, hour 12 in a red and a blue one, no hour in a blue one.
const HOURS = columnOf({ name: "hour", type: "INT" }, Uint32Array.of(0, 1, 2, 2), Uint8Array.of(0, 0, 1), [3, 12]);
const COLORS = columnOf({ name: "color", type: "BYTES" }, Uint32Array.of(0, 1, 3, 4), undefined, [
  "red",
  "red",
  "blue",
  "blue",
]);

function slicesOf(...specs: SlicingSpec[]): [string, readonly number[]][] {
  const slicer = new Slicer(specs);
  const columns = new Map<string, Column>([
    ["hour", HOURS],
    ["color", COLORS],
  ]);
  slicer.add(3, columns, 0);
  return slicer.slices().map(({ key, rows }) => [sliceName(key), rows]);
}

for (const [title, spec, expected] of [
  ["an empty spec is the overall slice", {}, [["Overall", [0, 1, 2]]]],
  [
    "numbers sort as numbers, and a row without the feature is in no slice",
    { featureKeys: ["hour"] },
    [
      ["hour:3", [0]],
      ["hour:12", [1]],
    ],
  ],
  [
    "a row with two values is in two slices",
    { featureKeys: ["color"] },
    [
      ["color:blue", [1, 2]],
      ["color:red", [0, 1]],
    ],
  ],
  ["a value picks one slice", { featureValues: { hour: "12" } }, [["hour:12", [1]]]],
  [
    "features cross, sorted by name",
    { featureKeys: ["hour"], featureValues: { color: "red" } },
    [
      ["color_X_hour:red_X_3", [0]],
      ["color_X_hour:red_X_12", [1]],
    ],
  ],
] as const) {
  test(title, (t) => {
    t.deepEqual(slicesOf(spec), expected as unknown as [string, number[]][]);
  });
}

test("a slice that two specs ask for is there once", (t) => {
  t.deepEqual(slicesOf({ featureKeys: ["hour"] }, { featureValues: { hour: "3" } }), [
    ["hour:3", [0]],
    ["hour:12", [1]],
  ]);
});

test("rows of a later batch are counted on", (t) => {
  const slicer = new Slicer([{ featureKeys: ["hour"] }]);
  const columns = new Map<string, Column>([["hour", HOURS]]);
  slicer.add(3, columns, 0);
  slicer.add(3, columns, 3);
  t.deepEqual(
    slicer.slices().map(({ rows }) => rows),
    [
      [0, 3],
      [1, 4],
    ],
  );
});

const HOUR_3: SliceKey = [{ column: "hour", value: 3, type: "INT" }];
for (const [spec, key, expected] of [
  [{}, [], true],
  [{}, HOUR_3, false],
  [{ featureKeys: ["hour"] }, HOUR_3, true],
  [{ featureKeys: ["hour"] }, [], false],
  [{ featureKeys: ["color"] }, HOUR_3, false],
  [{ featureValues: { hour: "3" } }, HOUR_3, true],
  [{ featureValues: { hour: "3.0" } }, HOUR_3, true],
  [{ featureValues: { hour: "4" } }, HOUR_3, false],
  [{ featureKeys: ["hour", "color"] }, HOUR_3, false],
] as const) {
  test(`${sliceName(key)} ${expected ? "belongs" : "does not belong"} to ${JSON.stringify(spec)}`, (t) => {
    t.is(isSliceOf(key, spec), expected);
  });
}
