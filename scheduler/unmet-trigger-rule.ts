import type { TriggerRule } from "#sdk/trigger-rule.ts";
import { countEnded, judge, type UpstreamCounts } from "./trigger-rules.ts";

/** The states above an instance: of the tasks directly before it, and of setups that it needs without that. */
export interface StatesAbove {
  readonly upstream: UpstreamCounts;
  readonly setups: UpstreamCounts;
}

const done = (u: UpstreamCounts) => `task(s) that were not done: ${u.total - countEnded(u)}`;

/** What each rule asks for, and what was found instead, as Airflow's `trigger_rule_dep.py` writes it. */
const REASONS: Readonly<Record<TriggerRule, (u: UpstreamCounts) => string>> = {
  all_success: (u) => `all upstream tasks to have succeeded, but found ${u.total - u.success} non-success(es).`,
  all_failed: (u) =>
    `all upstream tasks to have failed, but found ${u.total - u.failed - u.upstream_failed} non-failure(s).`,
  all_done: (u) => `all upstream tasks to have completed, but found ${done(u)}.`,
  all_done_min_one_success: (u) =>
    `all upstream tasks to have completed and at least one to have succeeded, but found ${u.success} success(es) and ${done(u)}.`,
  all_done_setup_success: (u) =>
    `at least one upstream setup task be successful, but found ${u.setups - u.successfulSetups} task(s) that were not.`,
  one_success: () => "one upstream task success, but none were found.",
  one_failed: () => "one upstream task failure, but none were found.",
  one_done: () => "at least one upstream task failure or success but none were failed or success.",
  none_failed: (u) =>
    `all upstream tasks to have succeeded or been skipped, but found ${u.total - u.success - u.skipped} non-success(es).`,
  none_failed_min_one_success: (u) =>
    `all upstream tasks to have succeeded or been skipped, but found ${u.total - u.success - u.skipped} non-success(es).`,
  none_skipped: (u) => `all upstream tasks to not have been skipped, but found ${u.skipped} task(s) skipped.`,
  all_skipped: (u) =>
    `all upstream tasks to have been skipped, but found ${u.total - u.skipped} task(s) in non skipped state.`,
  always: () => "nothing.",
};

/**
 * Why a trigger rule does not let an instance run, for users; null when it does.
 * @param upstreamTaskIds the tasks directly before it
 */
export function unmetTriggerRule(
  rule: TriggerRule,
  { upstream, setups }: StatesAbove,
  upstreamTaskIds: readonly string[],
  mapIndex: number,
): string | null {
  if (rule === "always") return null;
  if (judge("all_success", setups, mapIndex) !== "run") {
    return `All setup tasks must complete successfully. Setup tasks not successful: ${setups.total - setups.success}.`;
  }
  if (judge(rule, upstream, mapIndex) === "run") return null;
  return (
    `Task's trigger rule '${rule}' requires ${REASONS[rule](upstream)} upstream_states=${describeStates(upstream)}, ` +
    `upstream_task_ids={${upstreamTaskIds.map((id) => `'${id}'`).join(", ")}}`
  );
}

function describeStates(u: UpstreamCounts): string {
  const counts = {
    ...{ success: u.success, skipped: u.skipped, failed: u.failed, upstream_failed: u.upstream_failed },
    ...{ removed: u.removed, done: countEnded(u), success_setup: u.successfulSetups, skipped_setup: u.skippedSetups },
  };
  const texts = Object.entries(counts).map(([name, count]) => `${name}=${count}`);
  return `_UpstreamTIStates(${texts.join(", ")})`;
}
