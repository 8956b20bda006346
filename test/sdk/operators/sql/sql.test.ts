import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import type { ConnectionResult } from "#sdk/client.ts";
import { fetchOneHandler, type SqlOptions, sql } from "#sdk/operators/sql/sql.ts";
import { sqlCheck, sqlValueCheck } from "#sdk/operators/sql/sql-check.ts";
import { serviceUrl } from "#test/helpers/database.ts";
import { runOperator } from "../run-operator.ts";

const server = serviceUrl("DAISY_TEST_DATABASE_URL");
const postgres: ConnectionResult = {
  id: "pg",
  type: "postgres",
  host: server.hostname,
  port: Number(server.port),
  login: decodeURIComponent(server.username),
  password: decodeURIComponent(server.password),
  schema: "postgres",
};
const file = path.join(tmpdir(), `daisy-sql-${randomUUID()}.duckdb`);
const duckdb: ConnectionResult = { id: "duck", type: "duckdb", host: file };
test.after.always(() => rm(file, { force: true }));

const connections = [postgres, duckdb, { id: "mysql", type: "mysql" }];
const run = (options: SqlOptions, inputs?: object) => runOperator(sql(options), { connections, inputs });

const EVERYWHERE: readonly [title: string, options: Omit<SqlOptions, "connId">, result: unknown][] = [
  [
    "all rows are the result",
    { sql: "select 1 as a, 'x' as b union all select 2, null order by 1" },
    [
      [1, "x"],
      [2, null],
    ],
  ],
  ["no rows are an empty list", { sql: "select 1 where false" }, []],
  ["one row", { sql: "select 1, 2", handler: fetchOneHandler }, [1, 2]],
  ["no handler gives no result", { sql: "select 1", handler: null }, undefined],
  [
    "a handler sees the columns",
    { sql: "select 1 as a", handler: ({ columns, rows }) => [columns, rows] },
    [["a"], [[1]]],
  ],
  ["parameters by place", { sql: "select %s::integer + %s::integer", parameters: [1, 2] }, [[3]]],
  ["parameters by name", { sql: "select %(a)s::text, $b::integer", parameters: { a: "x", b: 2 } }, [["x", 2]]],
  ["several texts give a list of results", { sql: ["select 1", "select 2"] }, [[[1]], [[2]]]],
  ["a text that is split gives its last result", { sql: "select 1; select 2", splitStatements: true }, [[2]]],
  ["or all of them", { sql: "select 1; select 2;", splitStatements: true, returnLast: false }, [[[1]], [[2]]]],
  ["whole numbers", { sql: "select 5::bigint, 9007199254740993::bigint" }, [[5, "9007199254740993"]]],
  ["decimals and floats", { sql: "select 1.50::decimal(9,2), 0.5::double precision" }, [["1.50", 0.5]]],
  [
    "dates",
    { sql: "select date '2024-01-31', timestamp '2024-01-31 12:00:00.5', true" },
    [["2024-01-31", "2024-01-31T12:00:00.5", true]],
  ],
];

for (const connId of ["pg", "duck"]) {
  for (const [title, options, result] of EVERYWHERE) {
    test.serial(`sql on ${connId}: ${title}`, async (t) => t.deepEqual(await run({ ...options, connId }), result));
  }

  test.serial(`sql on ${connId}: what fails takes everything back, except with autocommit`, async (t) => {
    await run({ connId, sql: "create table kept (n integer)" });
    const statements = ["insert into kept values (1)", "select nothing_like_this"];
    await t.throwsAsync(run({ connId, sql: statements }), { message: /nothing_like_this/ });
    t.deepEqual(await run({ connId, sql: "select count(*) from kept" }), [[0]]);
    await t.throwsAsync(run({ connId, sql: statements, autocommit: true }));
    t.deepEqual(await run({ connId, sql: "select count(*) from kept" }), [[1]]);
    await run({ connId, sql: "drop table kept" });
  });

  test.serial(`sql on ${connId}: an abort stops the statement`, async (t) => {
    const abort = new AbortController();
    const slow = connId === "pg" ? "select pg_sleep(600)" : "select count(*) from range(1000000) a, range(1000000) b";
    const running = runOperator(sql({ connId, sql: slow }), { connections, signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")), 300);
    await t.throwsAsync(running, { message: "enough" });
  });
}

test("what only PostgreSQL has", async (t) => {
  const result = await run({
    connId: "pg",
    sql: `set time zone 'Asia/Kolkata';
          select timestamptz '2024-01-31 12:00:00+00', '{"a": [1]}'::jsonb, array[1, null, 3]::bigint[], '\\x01'::bytea,
                 'NaN'::float8, array['a', 'b c']`,
  });
  t.deepEqual(result, [["2024-01-31T17:30:00+05:30", { a: [1] }, [1, null, 3], "\\x01", "NaN", ["a", "b c"]]]);
  t.is(await run({ connId: "pg", sql: "create temporary table t (n integer)" }), null);
});

test("what only DuckDB has", async (t) => {
  const result = await run({
    database: ":memory:",
    sql: `select [1, 2::bigint], {a: 1, b: 'x'}, '{"c": 1}'::json, 170141183460469231731687303715884105727::hugeint`,
  });
  t.deepEqual(result, [[[1, 2], { a: 1, b: "x" }, { c: 1 }, "170141183460469231731687303715884105727"]]);
});

test("an input of the call wins over the option, and the database over the connection's", async (t) => {
  t.deepEqual(await run({ connId: "pg", sql: "select %s::text", parameters: ["a"] }, { parameters: ["b"] }), [["b"]]);
  t.deepEqual(await run({ connId: "pg", database: server.pathname.slice(1), sql: "select current_database()::text" }), [
    [server.pathname.slice(1)],
  ]);
});

test("a connection of another type, or none, is told", async (t) => {
  await t.throwsAsync(run({ connId: "mysql", sql: "select 1" }), {
    message: 'Connection "mysql" has the type "mysql"; SQL runs on connections of type postgres and duckdb',
  });
  await t.throwsAsync(run({ connId: "nothing", sql: "select 1" }), { message: "Connection not found: nothing" });
  t.throws(() => sql({ sql: "select 1" }), {
    message: 'sql(...) needs a connId, or a DuckDB file (or ":memory:") as its database',
  });
  t.throws(() => sql({ connId: "pg", sql: [] }), {
    message: 'sql(...) option "sql" must be a statement, or an array of them',
  });
});

const memory = { database: ":memory:" };
const CHECKS: readonly [query: string, message: RegExp | null][] = [
  ["select 1, 'x', true", null],
  ["select 1, 0", /^Test failed\.\nQuery:\nselect 1, 0\nResults:\n\[1,0\]$/],
  ["select null", /^Test failed/],
  ["select 1 where false", /^The following query returned zero rows: select 1 where false$/],
];

for (const [query, message] of CHECKS) {
  test(`sqlCheck of ${query}`, async (t) => {
    const checking = runOperator(sqlCheck({ ...memory, sql: query }));
    if (message === null) await t.notThrowsAsync(checking);
    else t.is((await t.throwsAsync(checking, { message }))?.name, "AirflowFailException");
  });
}

const VALUES: readonly [query: string, passValue: number | string, tolerance: number | undefined, passes: boolean][] = [
  ["select 10", 10, undefined, true],
  ["select 10, 10.0::decimal(4,1)", "10", undefined, true],
  ["select 11", 10, undefined, false],
  ["select 11", 10, 0.1, true],
  ["select 12", 10, 0.1, false],
  ["select -11", -10, 0.1, true],
  ["select 'a'", "a", undefined, true],
  ["select 'b'", "a", undefined, false],
  ["select null", 0, undefined, false],
];

for (const [query, passValue, tolerance, passes] of VALUES) {
  test(`sqlValueCheck of ${query} against ${passValue}${tolerance === undefined ? "" : ` ± ${tolerance}`}`, async (t) => {
    const checking = runOperator(sqlValueCheck({ ...memory, sql: query, passValue, tolerance }));
    if (passes) await t.notThrowsAsync(checking);
    else await t.throwsAsync(checking, { message: /^Test failed\.\nPass value/ });
  });
}
