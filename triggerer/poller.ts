import type { TriggerEnd } from "#core/database/defer-tasks.ts";
import type { WaitingTrigger } from "#core/database/triggers.ts";
import type { Duty } from "#core/duty.ts";

/** Looks after the triggers of some kinds. */
export interface Poller extends Duty {
  /** Takes a trigger over; it is looked at soon. */
  add(trigger: WaitingTrigger): void;
  /** Forgets triggers that nobody waits for any more. */
  remove(id: string): void;
}

/** Takes what triggers came to; resolves when it is stored. */
export type Fire = (ends: readonly TriggerEnd[]) => Promise<void>;
