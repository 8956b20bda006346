import { isFinished } from "#sdk/states.ts";
import type { UpstreamCounts } from "../trigger-rules.ts";
import type { RowState } from "./instance.ts";

/** Counts of instances; `surplus` are those of the removed ones that a shorter map left over, setups among them. */
export type InstanceCounts = UpstreamCounts & { readonly surplus: number; readonly surplusSetups: number };

export type MutableCounts = { -readonly [K in keyof InstanceCounts]: number };

export const noCounts = (): MutableCounts => ({
  total: 0,
  success: 0,
  failed: 0,
  upstream_failed: 0,
  skipped: 0,
  removed: 0,
  setups: 0,
  successfulSetups: 0,
  skippedSetups: 0,
  surplus: 0,
  surplusSetups: 0,
});

type FinishedState = "success" | "failed" | "upstream_failed" | "skipped" | "removed";

export const hasEnded = (state: RowState): state is FinishedState => state !== undefined && isFinished(state);

/** What matters of an instance besides its state. */
export interface Counted {
  readonly isSetup: boolean;
  readonly mapIndex: number;
}

/** Counts that an instance went from one state to another. */
export function countMove(counts: MutableCounts, before: RowState, after: RowState, instance: Counted): void {
  if (before === undefined) countRow(counts, 1, instance);
  if (after === undefined) countRow(counts, -1, instance);
  if (hasEnded(before)) countEnd(counts, before, -1, instance);
  if (hasEnded(after)) countEnd(counts, after, 1, instance);
}

function countRow(counts: MutableCounts, by: number, { isSetup }: Counted): void {
  counts.total += by;
  if (isSetup) counts.setups += by;
}

function countEnd(counts: MutableCounts, state: FinishedState, by: number, { isSetup, mapIndex }: Counted): void {
  counts[state] += by;
  const isSurplus = state === "removed" && mapIndex >= 0;
  if (isSurplus) counts.surplus += by;
  if (isSurplus && isSetup) counts.surplusSetups += by;
  if (isSetup && state === "success") counts.successfulSetups += by;
  if (isSetup && state === "skipped") counts.skippedSetups += by;
}

/**
 * Without what a shorter map left over, which keeps nobody waiting that is not mapped itself; Airflow counts it there
 * and the run comes to a deadlock.
 */
export function withoutSurplus(counts: InstanceCounts): UpstreamCounts {
  const { surplus, surplusSetups } = counts;
  if (surplus === 0) return counts;
  return {
    ...counts,
    total: counts.total - surplus,
    removed: counts.removed - surplus,
    setups: counts.setups - surplusSetups,
  };
}
