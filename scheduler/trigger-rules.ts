import type { TriggerRule } from "#sdk/trigger-rule.ts";

/** How many of a task's direct upstream tasks there are, and in which finished state they are. */
export interface UpstreamCounts {
  readonly total: number;
  readonly success: number;
  readonly failed: number;
  readonly upstream_failed: number;
  readonly skipped: number;
  readonly removed: number;
}

/** What becomes of a task that nobody has scheduled yet. */
export type Verdict = "run" | "wait" | "skipped" | "upstream_failed";

type Rule = (upstream: UpstreamCounts) => Verdict;

const anyFailed = (u: UpstreamCounts) => u.failed + u.upstream_failed > 0;
const allDone = (u: UpstreamCounts) => u.success + u.failed + u.upstream_failed + u.skipped + u.removed >= u.total;
const runIf = (ready: boolean): Verdict => (ready ? "run" : "wait");

/** Airflow's trigger rules (`airflow/ti_deps/deps/trigger_rule_dep.py`), for tasks with at least one upstream task. */
const RULES: Readonly<Record<TriggerRule, Rule>> = {
  all_success: (u) => {
    if (anyFailed(u)) return "upstream_failed";
    return u.skipped > 0 ? "skipped" : runIf(u.success >= u.total);
  },
  all_failed: (u) => (u.success + u.skipped > 0 ? "skipped" : runIf(u.failed + u.upstream_failed >= u.total)),
  all_done: (u) => runIf(allDone(u)),
  all_done_min_one_success: (u) => {
    if (u.skipped > 0) return "skipped";
    if (!allDone(u)) return "wait";
    return u.success > 0 ? "run" : "upstream_failed";
  },
  // No task is a setup task yet, and without one above it the rule is all_done.
  all_done_setup_success: (u) => runIf(allDone(u)),
  one_success: (u) => {
    if (u.success > 0) return "run";
    if (!allDone(u)) return "wait";
    return u.skipped >= u.total ? "skipped" : "upstream_failed";
  },
  one_failed: (u) => {
    if (anyFailed(u)) return "run";
    return allDone(u) ? "skipped" : "wait";
  },
  one_done: (u) => {
    if (u.success + u.failed > 0) return "run";
    return allDone(u) ? "skipped" : "wait";
  },
  none_failed: (u) => (anyFailed(u) ? "upstream_failed" : runIf(u.success + u.skipped >= u.total)),
  none_failed_min_one_success: (u) => {
    if (anyFailed(u)) return "upstream_failed";
    return u.skipped >= u.total ? "skipped" : runIf(u.success + u.skipped >= u.total);
  },
  none_skipped: (u) => (u.skipped > 0 ? "skipped" : runIf(allDone(u))),
  all_skipped: (u) => {
    if (u.success > 0 || anyFailed(u)) return "skipped";
    return runIf(u.skipped >= u.total);
  },
  always: () => "run",
};

/** What a trigger rule says, given the states of the direct upstream tasks; without any, a task runs at once. */
export function judge(rule: TriggerRule, upstream: UpstreamCounts): Verdict {
  return upstream.total === 0 ? "run" : RULES[rule](upstream);
}
