import test from "ava";
import { readParams, resolveParams } from "#core/params/params.ts";
import { param, serializeParams } from "#sdk/param.ts";

const rules = (params: Parameters<typeof serializeParams>[1]) => readParams(serializeParams("it", params));

const ROWS = param(3, { type: "integer", minimum: 1 });
for (const [title, declared, conf, expected] of [
  ["a plain value is a default", { x: 1 }, {}, { x: 1 }],
  ["the conf wins over a default", { rows: ROWS }, { rows: 5 }, { rows: 5 }],
  ["what is in the conf only is a param too", { x: 1 }, { y: [2] }, { x: 1, y: [2] }],
  ["null is a value where the schema allows it", { x: param(null, { type: ["null", "string"] }) }, {}, { x: null }],
  ["a required param takes the conf's value", { x: param(undefined, { type: "string" }) }, { x: "a" }, { x: "a" }],
  ["a format that only the form knows is no rule", { x: param("a", { format: "multiline" }) }, {}, { x: "a" }],
  ["a schema in whole serves", { x: param(1, { schema: { type: "number" } }) }, {}, { x: 1 }],
] as const) {
  test(`params: ${title}`, (t) => {
    t.deepEqual(resolveParams(rules(declared), conf), expected);
  });
}

for (const [declared, conf, message] of [
  [{ rows: ROWS }, { rows: "x" }, "Invalid input for param rows: 'x' is not of type 'integer'"],
  [{ rows: ROWS }, { rows: 0 }, "Invalid input for param rows: 0 is less than the minimum of 1"],
  [{ c: param("a", { enum: ["a", "b"] }) }, { c: "z" }, "Invalid input for param c: 'z' is not one of ['a', 'b']"],
  [{ d: param("2020-01-01", { format: "date" }) }, { d: "soon" }, "Invalid input for param d: 'soon' is not a 'date'"],
  [{ s: param("a", { maxLength: 2 }) }, { s: "abc" }, "Invalid input for param s: 'abc' is too long"],
  [{ s: param("a", { pattern: "^a" }) }, { s: "b" }, "Invalid input for param s: 'b' does not match '^a'"],
  [{ n: param(undefined) }, {}, "Invalid input for param n: No value passed and Param has no default value"],
  [
    { db_password: param("a", { type: "string" }) },
    { db_password: 7 },
    "Invalid input for param db_password: '***' is not of type 'string'",
  ],
  [
    { db: param({}, { type: "object", properties: { password: { minLength: 20 } } }) },
    { db: { password: "hunter2" } },
    "Invalid input for param db: '***' is too short (at /password)",
  ],
  [
    { db: param({}, { type: "object", maxProperties: 1, required: ["host"] }) },
    { db: { password: "hunter2", url: "ftp://u:hunter3@h" } },
    "Invalid input for param db: {'password': '***', 'url': 'ftp://u:***@h'} must NOT have more than 1 properties",
  ],
  [
    { o: param({ a: 1 }, { type: "object", required: ["a"] }) },
    { o: {} },
    "Invalid input for param o: 'a' is a required property",
  ],
] as const) {
  test(`a conf is refused: ${message}`, (t) => {
    t.throws(() => resolveParams(rules(declared), conf), { code: "PARAMS_INVALID", message });
  });
}

test("the conf does not count where the configuration says so", (t) => {
  t.deepEqual(resolveParams(rules({ x: 1 }), null), { x: 1 });
});

test("a param named __proto__ changes nothing but itself", (t) => {
  const values = resolveParams([], JSON.parse('{"__proto__": {"admin": true}}') as Record<string, unknown>);
  t.false("admin" in values);
  t.deepEqual(Object.keys(values), ["__proto__"]);
});

test("params are serialized as Airflow does; a missing default is its mark", (t) => {
  t.deepEqual(serializeParams("it", { x: param(1, { type: "integer", description: "d" }), y: param(undefined) }), [
    [
      "x",
      { __class: "airflow.sdk.definitions.param.Param", default: 1, description: "d", schema: { type: "integer" } },
    ],
    [
      "y",
      {
        __class: "airflow.sdk.definitions.param.Param",
        default: { __type: "arg_not_set", __var: null },
        description: null,
        schema: {},
      },
    ],
  ]);
});

test("a default that JSON cannot carry is refused", (t) => {
  t.throws(() => param(new Date() as never), { message: /must be json-serializable/ });
  t.throws(() => serializeParams("it", { x: (() => 1) as never }), { message: /must be json-serializable/ });
});
