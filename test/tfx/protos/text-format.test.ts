import { readFile } from "node:fs/promises";
import test from "ava";
import { parseText, printText } from "#tfx/protos/text-format.ts";
import { type Schema, schemaType } from "#tfx/schema/schema.ts";
import { goldPath, goldTest } from "../helpers/gold.ts";

const printed: readonly [string, Schema, string][] = [
  ["nothing", {}, ""],
  [
    "a zero that is set",
    { feature: [{ presence: { min_count: 0 } }] },
    "feature {\n  presence {\n    min_count: 0\n  }\n}\n",
  ],
  ["an empty message", { feature: [{ shape: {} }] }, "feature {\n  shape {\n  }\n}\n"],
  ["an empty feature", { feature: [{}] }, "feature {\n}\n"],
  [
    "fields in the order of their numbers",
    { feature: [{ presence: { min_count: 1 }, type: "INT", domain: "d", name: "x" }] },
    'feature {\n  name: "x"\n  type: INT\n  domain: "d"\n  presence {\n    min_count: 1\n  }\n}\n',
  ],
  [
    "escaped strings, UTF-8 as it is",
    { string_domain: [{ value: ["\"'\\\n\t\u0001ü🌼"] }] },
    'string_domain {\n  value: "\\"\\\'\\\\\\n\\t\\001ü🌼"\n}\n',
  ],
  ["int64 beyond doubles", { int_domain: [{ min: -(2n ** 63n) }] }, "int_domain {\n  min: -9223372036854775808\n}\n"],
];

for (const [what, schema, text] of printed) {
  test(`text format of ${what}`, (t) => {
    t.is(printText(schemaType(), schema), text);
    t.deepEqual(printText(schemaType(), parseText(schemaType(), text)), text);
  });
}

const doubles: readonly [number, string][] = [
  [1, "1.0"],
  [0.1, "0.1"],
  [1e15, "1000000000000000.0"],
  [1e16, "1e+16"],
  [1.5e-5, "1.5e-05"],
  [0.0001, "0.0001"],
  [1e300, "1e+300"],
  [Infinity, "inf"],
  [-Infinity, "-inf"],
  [Number.NaN, "nan"],
  [-0, "-0.0"],
];

for (const [value, text] of doubles) {
  test(`the double ${text} is printed as Python prints it`, (t) => {
    const schema: Schema = { feature: [{ presence: { min_fraction: value } }] };
    t.is(printText(schemaType(), schema), `feature {\n  presence {\n    min_fraction: ${text}\n  }\n}\n`);
  });
}

test("a float has the fewest digits that give it back", (t) => {
  const schema: Schema = { float_domain: [{ min: Math.fround(0.1), max: 16777218 }] };
  t.is(printText(schemaType(), schema), "float_domain {\n  min: 0.1\n  max: 16777218.0\n}\n");
});

test("comments, both quotes, adjacent strings, angle brackets and lists are read", (t) => {
  const text = `
    feature < name: 'a' "b" type: INT > # a comment
    feature: { name: "\\303\\274", in_environment: ["x", 'y'] }
    default_environment: "z";
  `;
  const { feature, default_environment } = parseText(schemaType(), text);
  t.deepEqual(
    feature?.map(({ name, type, in_environment }) => [name, type, in_environment ?? []]),
    [
      ["ab", "INT", []],
      ["ü", undefined, ["x", "y"]],
    ],
  );
  t.deepEqual(default_environment, ["z"]);
});

test("an unknown field is an error with the line", (t) => {
  t.throws(() => parseText(schemaType(), 'feature {\n  nam: "x"\n}'), { message: /unknown field 'nam' \(line 2\)/ });
});

for (const file of [
  "schema/schema.pbtxt",
  "transform_graph/metadata/schema.pbtxt",
  "transform_graph/transformed_metadata/schema.pbtxt",
]) {
  goldTest(`TFX's ${file} is printed again byte for byte`, async (t) => {
    const text = await readFile(goldPath(file), "utf8");
    const withoutComment = text.replace(/^#.*\n/m, "");
    t.is(printText(schemaType(), parseText(schemaType(), text)), withoutComment);
  });
}
