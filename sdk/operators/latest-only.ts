import type { LatestWindow } from "../dag-runs.ts";
import { type Operator, operator } from "../operator.ts";
import { currentTime, getDagRuns } from "../task-scope.ts";
import { followOnly } from "./branch.ts";

/**
 * A task that lets what comes directly after it run in the DAG's latest run only, and skips it in runs that catch up
 * or fill in the past (Airflow's LatestOnlyOperator). In runs that a user started, nothing is skipped.
 *
 * ```ts
 * dag.task("latest_only", latestOnly())().before(notify);
 * ```
 */
export function latestOnly(): Operator<void, readonly string[]> {
  return operator<void, boolean>({
    operatorName: "LatestOnlyOperator",
    label: "latestOnly",
    uiColor: "#e9ffdb",
    takesNoInputs: true,
    execute: async () => isLatest(await getDagRuns().latestWindow(), currentTime()),
    decide: (latest, place) => followOnly(latest ? place.downstream : [], place),
  }) as unknown as Operator<void, readonly string[]>;
}

function isLatest({ isManual, window }: LatestWindow, now: Date): boolean {
  if (isManual) {
    console.log("Manually triggered DAG_Run: allowing execution to proceed.");
    return true;
  }
  if (window === null) {
    console.log("Last scheduled execution: allowing execution to proceed.");
    return true;
  }
  console.log(
    `Checking latest only with left_window: ${window.start} right_window: ${window.end} now: ${now.toISOString()}`,
  );
  const latest = new Date(window.start) < now && now <= new Date(window.end);
  console.log(latest ? "Latest, allowing execution to proceed." : "Not latest execution, skipping downstream.");
  return latest;
}
