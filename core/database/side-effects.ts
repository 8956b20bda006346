import { emitOutletEvents } from "./asset-side-effect.ts";
import { requestCallbacks } from "./callback-requests.ts";
import type { Transaction } from "./connect.ts";
import { deferTasks } from "./defer-tasks.ts";
import { askHumans } from "./human-input.ts";
import type { ChangedTask } from "./notifications.ts";
import { skipTasks } from "./skip-tasks.ts";
import type { TryOutcome } from "./tries.ts";

/** A try whose outcome is stored, in a transaction that has not committed yet. */
export interface FinishedTry extends ChangedTask {
  /** The try's id. */
  readonly id: string;
  readonly outcome: TryOutcome;
}

/** What outcomes bring about beyond the state and the return value of their own task instances. */
export interface SideEffect {
  /** Whether an outcome has it. */
  readonly concerns: (outcome: TryOutcome) => boolean;
  /**
   * Stores it for the tries that it concerns, in the transaction that stores their outcomes. Returns what other task
   * instances it moved, for the notification at commit.
   */
  readonly store: (tx: Transaction, finished: readonly FinishedTry[]) => Promise<readonly ChangedTask[]>;
}

/** In the order in which they are stored. */
const SIDE_EFFECTS: readonly SideEffect[] = [skipTasks, deferTasks, askHumans, emitOutletEvents, requestCallbacks];

/** Whether storing an outcome takes more than its own row and its return value. */
export function hasSideEffects(outcome: TryOutcome): boolean {
  return SIDE_EFFECTS.some(({ concerns }) => concerns(outcome));
}

/** Stores what the outcomes of finished tries bring about; returns the other task instances that it moved. */
export async function storeSideEffects(tx: Transaction, finished: readonly FinishedTry[]): Promise<ChangedTask[]> {
  const changed: ChangedTask[] = [];
  for (const { concerns, store } of SIDE_EFFECTS) {
    const concerned = finished.filter(({ outcome }) => concerns(outcome));
    if (concerned.length > 0) changed.push(...(await store(tx, concerned)));
  }
  return changed;
}
