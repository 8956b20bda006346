import test from "ava";
import { type SqlSensorOptions, sqlSensor } from "#sdk/sensors/sql-sensor.ts";
import { runOperator } from "../operators/run-operator.ts";

const wait = (options: Partial<SqlSensorOptions>) =>
  runOperator(sqlSensor({ database: ":memory:", sql: "select 1", pokeInterval: 0.01, timeout: 0, ...options }));

const WAITS: readonly [title: string, options: Partial<SqlSensorOptions>, isOver: boolean][] = [
  ["a value", { sql: "select 1" }, true],
  ["a text", { sql: "select 'x'" }, true],
  ["zero", { sql: "select 0" }, false],
  ["null", { sql: "select null" }, false],
  ["no row", { sql: "select 1 where false" }, false],
  ["a parameter", { sql: "select %(a)s::integer", parameters: { a: 1 } }, true],
  ["success says yes", { sql: "select 0", success: (value) => value === 0 }, true],
  ["success says no", { sql: "select 1", success: (value) => value === 0 }, false],
  ["selector takes another value", { sql: "select 0, 1", selector: (row) => row[1]! }, true],
];

for (const [title, options, isOver] of WAITS) {
  test(`sqlSensor: ${title} ${isOver ? "ends the wait" : "means not yet"}`, async (t) => {
    if (isOver) await t.notThrowsAsync(wait(options));
    else t.is((await t.throwsAsync(wait(options)))?.name, "AirflowSensorTimeout");
  });
}

test("sqlSensor fails when failure says so, and for no row when it is told to", async (t) => {
  await t.throwsAsync(wait({ failure: (value) => value === 1 }), {
    message: "Failure criteria met. failure(1) returned true",
  });
  await t.throwsAsync(wait({ sql: "select 1 where false", failOnEmpty: true }), {
    message: "No rows returned, raising as per fail_on_empty flag",
  });
  t.throws(() => sqlSensor({ sql: "select 1" }), {
    message: 'sqlSensor(...) needs a connId, or a DuckDB file (or ":memory:") as its database',
  });
});
