import test from "ava";
import { findFault } from "#core/human-input/check-answer.ts";

const question = {
  options: ["a", "b"],
  multiple: false,
  params: {
    n: { schema: { type: "integer", minimum: 1 } },
    free: {},
    day: { schema: { type: "string", format: "date" } },
  },
} as const;
const good = { n: 1, free: null, day: "2026-01-01" };

const CASES: readonly [
  chosen: string[],
  input: Record<string, unknown>,
  fault: string | undefined,
  multiple?: boolean,
][] = [
  [["a"], good, undefined],
  [["a", "b"], good, undefined, true],
  [["a", "b"], good, "Only one option may be chosen, not 2"],
  [["x"], good, 'Responses ["x"] not in ["a","b"]'],
  [["a"], {}, 'params_input [] does not match params ["n","free","day"]'],
  [["a"], { ...good, more: 1 }, 'params_input ["n","free","day","more"] does not match params ["n","free","day"]'],
  [["a"], { ...good, n: 0 }, 'params_input "n" value must be >= 1'],
  [["a"], { ...good, n: "1" }, 'params_input "n" value must be integer'],
  [["a"], { ...good, day: "no" }, 'params_input "day" value must match format "date"'],
];

for (const [chosen, input, fault, multiple = false] of CASES) {
  test(`${JSON.stringify([chosen, input])} is ${fault ?? "accepted"}`, (t) => {
    t.is(findFault({ ...question, multiple }, chosen, input), fault);
  });
}

test("a schema that is none says so", (t) => {
  const fault = findFault({ ...question, params: { n: { schema: { type: "number?" } } } }, ["a"], { n: 1 });
  t.regex(fault!, /^params_input "n" cannot be checked, because its schema is wrong: /);
});
