import test from "ava";
import fc from "fast-check";
import { DateValue } from "#core/templates/date-value.ts";
import { dumpYaml, loadYaml, type YamlStyle } from "#core/templates/yaml.ts";

/** What PyYAML 6 writes for the same values. */
const DUMPS: readonly (readonly [value: unknown, text: string, style?: YamlStyle])[] = [
  [{ b: [1, "x", null], a: { c: true, d: 1.5 } }, "a:\n  c: true\n  d: 1.5\nb:\n- 1\n- x\n- null\n"],
  [{ b: 1, a: 2 }, "b: 1\na: 2\n", { sort_keys: false }],
  [{ b: [1, "x", null], a: { c: true } }, "{a: {c: true}, b: [1, x, null]}\n", { default_flow_style: true }],
  [{ a: { b: 1 } }, "a:\n    b: 1\n", { indent: 4 }],
  [[[1, 2], [{ a: 1 }]], "- - 1\n  - 2\n- - a: 1\n"],
  [[], "[]\n"],
  [{}, "{}\n"],
  ["abc", "abc\n...\n"],
  [null, "null\n...\n"],
  ["- a", "'- a'\n"],
  ["on", "'on'\n"],
  [{ k: "yes", n: "1", e: "", m: "a: b" }, "e: ''\nk: 'yes'\nm: 'a: b'\nn: '1'\n"],
  [{ l: "line1\nline2" }, "l: 'line1\n\n  line2'\n"],
  [{ t: "2020-01-01", x: "~", o: "010" }, "o: '010'\nt: '2020-01-01'\nx: '~'\n"],
  [{ z: "é: ü", emo: "😀" }, 'emo: "\\U0001F600"\nz: "\\xE9: \\xFC"\n'],
  [{ z: "é" }, "z: é\n", { allow_unicode: true }],
];

for (const [value, text, style] of DUMPS) {
  test(`${JSON.stringify(value).slice(0, 60)} is written in YAML as PyYAML does${style ? `, with ${Object.keys(style)}` : ""}`, (t) => {
    t.is(dumpYaml(value, style), text);
  });
}

/** What PyYAML 6 reads. */
const LOADS: readonly (readonly [text: string, value: unknown])[] = [
  ["a: 1\nb: [x, yes, ~]", { a: 1, b: ["x", true, null] }],
  ["012", 10],
  ["1_000", 1000],
  ["60:30", 3630],
  ["- &a [1]\n- *a", [[1], [1]]],
  ["<<: {a: 1}\nb: 2", { a: 1, b: 2 }],
  ["y: 1.5e+3\nz: .inf", { y: 1500, z: Number.POSITIVE_INFINITY }],
  ["2020-01-02 03:04:05", new DateValue(Date.UTC(2020, 0, 2, 3, 4, 5), null)],
];

for (const [text, value] of LOADS) {
  test(`${JSON.stringify(text)} is read as PyYAML does`, (t) => t.deepEqual(loadYaml(text), value));
}

const BOMB = Array.from({ length: 9 }, (_, n) => `a${n}: &a${n} [${n === 0 ? "x" : `*a${n - 1}, `.repeat(9)}]`).join(
  "\n",
);

for (const [text, message] of [
  ["a: b: c", /not YAML/],
  ["!!python/object/apply:os.system [ls]", /Unresolved tag/],
  [BOMB, /alias/i],
] as const) {
  test(`${JSON.stringify(text.slice(0, 40))} is refused as YAML`, (t) => {
    t.throws(() => loadYaml(text), { message });
  });
}

test("what is written in YAML is read back as it was", (t) => {
  const value = fc.jsonValue({ depthSize: "small", noUnicodeString: false });
  t.notThrows(() => fc.assert(fc.property(value, (given) => t.deepEqual(loadYaml(dumpYaml(given)), given))));
});
