import test from "ava";
import fc from "fast-check";
import { judge, judgeWithSetups, type UpstreamCounts, type Verdict } from "#scheduler/trigger-rules.ts";
import { TRIGGER_RULES, type TriggerRule } from "#sdk/trigger-rule.ts";

/** S, F, U, K, R: success, failed, upstream_failed, skipped, removed; a dot: not finished. Small letters and a comma: setups. */
function count(upstream: string): UpstreamCounts {
  const ofSetups = (letter: string) => [...upstream].filter((state) => state === letter.toLowerCase()).length;
  const of = (letter: string) => [...upstream].filter((state) => state === letter).length + ofSetups(letter);
  return {
    total: upstream.length,
    success: of("S"),
    failed: of("F"),
    upstream_failed: of("U"),
    skipped: of("K"),
    removed: of("R"),
    setups: [...upstream].filter((state) => "sfukr,".includes(state)).length,
    successfulSetups: ofSetups("S"),
    skippedSetups: ofSetups("K"),
  };
}

/** By upstream, and after `@` the map index of the instance that is judged. */
type Cases = Readonly<Record<string, Verdict>>;

const CASES: Readonly<Record<TriggerRule, Cases>> = {
  all_success: {
    SS: "run",
    "S.": "wait",
    "..": "wait",
    "F.": "upstream_failed",
    "U.": "upstream_failed",
    "K.": "skipped",
    SK: "skipped",
    FK: "upstream_failed",
    UK: "upstream_failed",
    SR: "wait",
    R: "wait",
    "SSR@0": "run",
    "SSR@1": "run",
    "SSR@2": "removed",
    "SR@1": "removed",
    "SR.@1": "wait",
    "SSR.@0": "wait",
    "R@0": "run",
    "RR@1": "run",
    "FR@1": "upstream_failed",
    "KR@1": "skipped",
  },
  all_failed: {
    FF: "run",
    FU: "run",
    UU: "run",
    "F.": "wait",
    "S.": "skipped",
    "K.": "skipped",
    FS: "skipped",
    FK: "skipped",
    FR: "wait",
    "FR@0": "run",
    "UR@0": "run",
  },
  all_done: { SFUK: "run", SR: "run", "SF.": "wait", "..": "wait", F: "run", "SR@0": "run", "SR.@0": "wait" },
  all_done_min_one_success: {
    SF: "run",
    SU: "run",
    SS: "run",
    SR: "run",
    FF: "upstream_failed",
    FU: "upstream_failed",
    R: "upstream_failed",
    "S.": "wait",
    "F.": "wait",
    "K.": "skipped",
    SK: "skipped",
    FK: "skipped",
  },
  all_done_setup_success: {
    SF: "run",
    "S.": "wait",
    FF: "run",
    s: "run",
    sF: "run",
    sK: "run",
    "s.": "wait",
    ",S": "wait",
    sk: "run",
    sf: "run",
    kS: "skipped",
    kk: "skipped",
    fS: "upstream_failed",
    uS: "upstream_failed",
    fk: "upstream_failed",
    rS: "upstream_failed",
    "f.": "wait",
    "k.": "wait",
  },
  one_success: {
    "S.": "run",
    SF: "run",
    "F.": "wait",
    "K.": "wait",
    KK: "skipped",
    FK: "upstream_failed",
    FF: "upstream_failed",
    UK: "upstream_failed",
    KR: "upstream_failed",
  },
  one_failed: {
    "F.": "run",
    "U.": "run",
    FS: "run",
    "S.": "wait",
    SS: "skipped",
    SK: "skipped",
    KK: "skipped",
    SR: "skipped",
  },
  one_done: {
    "S.": "run",
    "F.": "run",
    SU: "run",
    "K.": "wait",
    "U.": "wait",
    KK: "skipped",
    KU: "skipped",
    UR: "skipped",
  },
  none_failed: {
    SK: "run",
    KK: "run",
    SS: "run",
    "S.": "wait",
    "K.": "wait",
    "F.": "upstream_failed",
    "U.": "upstream_failed",
    FK: "upstream_failed",
    SR: "wait",
    "SR@0": "run",
    "KR@0": "run",
  },
  none_failed_min_one_success: {
    SK: "run",
    SS: "run",
    KK: "skipped",
    "K.": "wait",
    "S.": "wait",
    "F.": "upstream_failed",
    "U.": "upstream_failed",
    SKR: "wait",
    "SKR@0": "run",
  },
  none_skipped: {
    SF: "run",
    SU: "run",
    FF: "run",
    SR: "run",
    "K.": "skipped",
    SK: "skipped",
    "S.": "wait",
    "F.": "wait",
  },
  all_skipped: {
    KK: "run",
    "K.": "wait",
    "S.": "skipped",
    "F.": "skipped",
    "U.": "skipped",
    KS: "skipped",
    KR: "wait",
    "KR@0": "wait",
  },
  always: { "..": "run", "F.": "run", SK: "run", ".@3": "run" },
};

for (const [rule, cases] of Object.entries(CASES)) {
  test(`${rule} judges as Airflow does`, (t) => {
    for (const [name, verdict] of Object.entries(cases)) {
      const [upstream, mapIndex = "-1"] = name.split("@");
      t.is(judge(rule as TriggerRule, count(upstream!), Number(mapIndex)), verdict, `${rule} with ${name}`);
    }
  });
}

/** A task's rule and direct upstream, the setups that it needs besides, and its verdict. */
const WITH_SETUPS: readonly (readonly [TriggerRule, upstream: string, setups: string, Verdict])[] = [
  ["all_success", "S", "s", "run"],
  ["all_success", "S", ",", "wait"],
  ["all_success", ".", "s", "wait"],
  ["all_done", "F", "s", "run"],
  ["all_done", "S", "f", "upstream_failed"],
  ["all_done", "S", "u", "upstream_failed"],
  ["all_done", "S", "k", "skipped"],
  ["all_done", "S", "f,", "upstream_failed"],
  ["one_success", "S.", "s,", "wait"],
  ["none_skipped", "K", ",", "skipped"],
  ["all_success", "K", "f", "upstream_failed"],
  ["always", "S", "f", "run"],
];

for (const [rule, upstream, setups, verdict] of WITH_SETUPS) {
  test(`${rule} after ${upstream}, needing the setups ${setups}: ${verdict}`, (t) => {
    t.is(judgeWithSetups(rule, count(upstream), count(setups)), verdict);
  });
}

test("without an upstream task every rule runs at once", (t) => {
  for (const rule of TRIGGER_RULES) t.is(judge(rule, count("")), "run", rule);
});

test("when all upstream tasks are done, no rule waits, unless a task was removed", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.constantFrom(...TRIGGER_RULES),
        fc.array(fc.constantFrom(..."SFUKsfuk"), { minLength: 1, maxLength: 6 }),
        (rule, states) => judge(rule, count(states.join(""))) !== "wait",
      ),
    ),
  );
});

test("what has been decided stays so, whatever ends later, except where a failure and a skip compete", (t) => {
  const state = fc.constantFrom(..."SFUK");
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.constantFrom(...TRIGGER_RULES),
        fc.array(state, { minLength: 1, maxLength: 5 }),
        fc.nat(4),
        (rule, states, seen) => {
          const early = judge(rule, count(states.map((ended, place) => (place < seen ? ended : ".")).join("")));
          const late = judge(rule, count(states.join("")));
          return early === "wait" || early === late || (early === "skipped" && late === "upstream_failed");
        },
      ),
    ),
  );
});
