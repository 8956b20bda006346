import test from "ava";
import { type CsvType, CsvTypes, cellType, cellValue } from "#tfx/data/csv-types.ts";

const cells: readonly [string, CsvType, (number | bigint)?][] = [
  ["", "UNKNOWN"],
  ["0", "INT", 0],
  ["-17", "INT", -17],
  ["+5", "INT", 5],
  [" 7 ", "INT", 7],
  ["007", "INT", 7],
  ["1_000", "INT", 1000],
  ["17031980100", "INT", 17031980100],
  ["9223372036854775807", "INT", 2n ** 63n - 1n],
  ["-9223372036854775808", "INT", -(2n ** 63n)],
  ["9223372036854775808", "BYTES"],
  ["1.5", "FLOAT", 1.5],
  ["1.", "FLOAT", 1],
  [".5", "FLOAT", 0.5],
  ["1e5", "FLOAT", 1e5],
  ["-1_0.2_5E-1", "FLOAT", -1.025],
  ["nan", "FLOAT", Number.NaN],
  ["-Infinity", "FLOAT", -Infinity],
  ["+INF", "FLOAT", Infinity],
  ["0x10", "BYTES"],
  ["1__0", "BYTES"],
  ["_1", "BYTES"],
  ["1,5", "BYTES"],
  ["e5", "BYTES"],
  [" ", "BYTES"],
  ["Cash", "BYTES"],
];

for (const [cell, type, value] of cells) {
  test(`the cell ${JSON.stringify(cell)} is ${type} by Python's int() and float()`, (t) => {
    t.is(cellType(cell), type);
    if (value !== undefined) t.is(cellValue(cell, type as "INT" | "FLOAT"), value);
  });
}

test("a column has the widest type of its cells", (t) => {
  const types = new CsvTypes(5);
  types.add(["", "1", "1", "1.5", "x"]);
  types.add(["", "", "2.5", "2", "1"]);
  t.deepEqual(types.types, ["UNKNOWN", "INT", "FLOAT", "FLOAT", "BYTES"]);
});

test("an integer cell of a float column is a float", (t) => {
  t.is(cellValue("1_000", "FLOAT"), 1000);
});
