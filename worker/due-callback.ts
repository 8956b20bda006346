import type { CallbackEvent, DueCallback } from "#core/database/callback-requests.ts";
import type { TryOutcome } from "#core/database/tries.ts";
import type { SerializedTaskFields } from "#sdk/serialized-dag.ts";
import { wantsMail } from "./failure-mail.ts";

/** How a state is called for, and the mark of a task that has callbacks for it. */
const EVENTS: Partial<Record<TryOutcome["state"], readonly [CallbackEvent, keyof SerializedTaskFields]>> = {
  success: ["success", "has_on_success_callback"],
  failed: ["failure", "has_on_failure_callback"],
  up_for_retry: ["retry", "has_on_retry_callback"],
  skipped: ["skipped", "has_on_skipped_callback"],
};

/** Whether a task has callbacks for an event. */
export function hasCallbacks(task: SerializedTaskFields | undefined, event: CallbackEvent): boolean {
  const [, mark] = Object.values(EVENTS).find(([name]) => name === event) ?? [];
  return mark !== undefined && task?.[mark] === true;
}

/** What has to be called, or told by mail, when a task's try ends in a state; undefined when the task has nothing for it. */
export function dueCallback(
  task: SerializedTaskFields | undefined,
  state: TryOutcome["state"],
  exception: string | null,
): DueCallback | undefined {
  const [event, mark] = EVENTS[state] ?? [];
  if (event === undefined || mark === undefined) return undefined;
  return task?.[mark] || wantsMail(task, event) ? { event, exception } : undefined;
}
