import type { TriggerRule } from "#sdk/trigger-rule.ts";

/** How many upstream task instances concern a task instance, and in which finished state they are. */
export interface UpstreamCounts {
  readonly total: number;
  readonly success: number;
  readonly failed: number;
  readonly upstream_failed: number;
  readonly skipped: number;
  readonly removed: number;
  /** How many of them are setups, and how these ended. */
  readonly setups: number;
  readonly successfulSetups: number;
  readonly skippedSetups: number;
}

/** How many of them have ended. */
export const countEnded = (u: UpstreamCounts): number =>
  u.success + u.failed + u.upstream_failed + u.skipped + u.removed;

/** What becomes of a task instance that nobody has scheduled yet. */
export type Verdict = "run" | "wait" | SettledState;

/** A state that a trigger rule gives instead of running. */
export type SettledState = "skipped" | "upstream_failed" | "removed";

type Rule = (upstream: UpstreamCounts, mapIndex: number) => Verdict;

const anyFailed = (u: UpstreamCounts) => u.failed + u.upstream_failed > 0;
const allDone = (u: UpstreamCounts) => countEnded(u) >= u.total;
const runIf = (ready: boolean): Verdict => (ready ? "run" : "wait");
/** For a mapped instance, upstream instances that were removed do not count. */
const relevant = (u: UpstreamCounts, mapIndex: number) => u.total - (mapIndex >= 0 ? u.removed : 0);

const allSuccess: Rule = (u, mapIndex) => {
  if (anyFailed(u)) return "upstream_failed";
  if (u.skipped > 0) return "skipped";
  // While others still run, more may succeed; Airflow does not wait for them here.
  if (u.removed > 0 && u.success > 0 && mapIndex >= u.success && allDone(u)) return "removed";
  return runIf(u.success >= relevant(u, mapIndex));
};

/** Airflow's trigger rules (`airflow/ti_deps/deps/trigger_rule_dep.py`), for tasks with at least one upstream task. */
const RULES: Readonly<Record<TriggerRule, Rule>> = {
  all_success: allSuccess,
  all_failed: (u, mapIndex) => {
    if (u.success + u.skipped > 0) return "skipped";
    return runIf(u.failed + u.upstream_failed >= relevant(u, mapIndex));
  },
  all_done: (u) => runIf(allDone(u)),
  all_done_min_one_success: (u) => {
    if (u.skipped > 0) return "skipped";
    if (!allDone(u)) return "wait";
    return u.success > 0 ? "run" : "upstream_failed";
  },
  all_done_setup_success: (u) => {
    if (!allDone(u)) return "wait";
    if (u.setups === 0 || u.successfulSetups > 0) return "run";
    return u.skippedSetups >= u.setups ? "skipped" : "upstream_failed";
  },
  one_success: (u) => {
    if (u.success > 0) return "run";
    if (!allDone(u)) return "wait";
    return u.skipped === countEnded(u) ? "skipped" : "upstream_failed";
  },
  one_failed: (u) => {
    if (anyFailed(u)) return "run";
    return allDone(u) ? "skipped" : "wait";
  },
  one_done: (u) => {
    if (u.success + u.failed > 0) return "run";
    return allDone(u) ? "skipped" : "wait";
  },
  none_failed: (u, mapIndex) => {
    if (anyFailed(u)) return "upstream_failed";
    return runIf(u.success + u.skipped >= relevant(u, mapIndex));
  },
  none_failed_min_one_success: (u, mapIndex) => {
    if (anyFailed(u)) return "upstream_failed";
    if (u.skipped === u.total) return "skipped";
    return runIf(u.success + u.skipped >= relevant(u, mapIndex));
  },
  none_skipped: (u) => (u.skipped > 0 ? "skipped" : runIf(allDone(u))),
  all_skipped: (u) => {
    if (u.success > 0 || anyFailed(u)) return "skipped";
    return runIf(u.skipped >= u.total);
  },
  always: () => "run",
};

/**
 * What a trigger rule says, given the states of the upstream task instances that concern an instance; without any, a
 * task runs at once.
 * @param mapIndex the instance's own; -1 when it is not mapped or not yet expanded
 */
export function judge(rule: TriggerRule, upstream: UpstreamCounts, mapIndex = -1): Verdict {
  return upstream.total === 0 ? "run" : RULES[rule](upstream, mapIndex);
}

/**
 * The same, for a task that also needs setups that are not directly before it: they have to succeed, whatever its rule is.
 * @param setups the states of those setups' instances
 */
export function judgeWithSetups(
  rule: TriggerRule,
  upstream: UpstreamCounts,
  setups: UpstreamCounts,
  mapIndex = -1,
): Verdict {
  if (rule === "always") return "run";
  const needed = judge("all_success", setups, mapIndex);
  if (needed !== "run" && needed !== "wait") return needed;
  const direct = judge(rule, upstream, mapIndex);
  return direct === "run" ? needed : direct;
}
