import test from "ava";
import fc from "fast-check";
import { judge, type UpstreamCounts, type Verdict } from "#scheduler/trigger-rules.ts";
import { TRIGGER_RULES, type TriggerRule } from "#sdk/trigger-rule.ts";

/** S, F, U, K, R: success, failed, upstream_failed, skipped, removed; a dot: not finished. */
function count(upstream: string): UpstreamCounts {
  const of = (letter: string) => [...upstream].filter((state) => state === letter).length;
  return {
    total: upstream.length,
    success: of("S"),
    failed: of("F"),
    upstream_failed: of("U"),
    skipped: of("K"),
    removed: of("R"),
    setups: 0,
    successfulSetups: 0,
    skippedSetups: 0,
  };
}

const CASES: Readonly<Record<TriggerRule, Readonly<Record<string, Verdict>>>> = {
  all_success: {
    SS: "run",
    "S.": "wait",
    "F.": "upstream_failed",
    "U.": "upstream_failed",
    "K.": "skipped",
    SK: "skipped",
    FK: "upstream_failed",
    SR: "wait",
  },
  all_failed: { FF: "run", FU: "run", "F.": "wait", "S.": "skipped", "K.": "skipped" },
  all_done: { SFUK: "run", SR: "run", "SF.": "wait" },
  all_done_min_one_success: { SF: "run", FF: "upstream_failed", "S.": "wait", "K.": "skipped", SS: "run" },
  all_done_setup_success: { SF: "run", "S.": "wait" },
  one_success: { "S.": "run", "F.": "wait", KK: "skipped", FK: "upstream_failed", FF: "upstream_failed" },
  one_failed: { "F.": "run", "U.": "run", "S.": "wait", SS: "skipped", SK: "skipped" },
  one_done: { "S.": "run", "F.": "run", "K.": "wait", KK: "skipped", KU: "skipped" },
  none_failed: { SK: "run", KK: "run", "S.": "wait", "F.": "upstream_failed", "U.": "upstream_failed" },
  none_failed_min_one_success: { SK: "run", KK: "skipped", "F.": "upstream_failed", "S.": "wait" },
  none_skipped: { SF: "run", "K.": "skipped", "S.": "wait" },
  all_skipped: { KK: "run", "K.": "wait", "S.": "skipped", "F.": "skipped", "U.": "skipped" },
  always: { "..": "run", "F.": "run" },
};

for (const [rule, cases] of Object.entries(CASES)) {
  test(`${rule} judges as Airflow does`, (t) => {
    for (const [upstream, verdict] of Object.entries(cases)) {
      t.is(judge(rule as TriggerRule, count(upstream)), verdict, `${rule} with ${upstream}`);
    }
  });
}

test("without an upstream task every rule runs at once", (t) => {
  for (const rule of TRIGGER_RULES) t.is(judge(rule, count("")), "run", rule);
});

test("when all upstream tasks are done, no rule waits, unless a task was removed", (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...TRIGGER_RULES),
      fc.array(fc.constantFrom("S", "F", "U", "K"), { minLength: 1, maxLength: 6 }),
      (rule, states) => judge(rule, count(states.join(""))) !== "wait",
    ),
  );
  t.pass();
});
