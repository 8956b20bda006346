import type { JsonValue } from "../json.ts";

/**
 * What a deferred task waits for: data, which a triggerer looks after, and no code of a DAG's author. Made by
 * `timeTrigger`, `fileTrigger`, `httpTrigger`, `dagRunTrigger` and `externalTaskTrigger`.
 */
export interface SerializedTrigger {
  readonly kind: TriggerKind;
  /** What the kind needs to know, under the names that its function takes. */
  readonly kwargs: { readonly [name: string]: JsonValue };
}

/**
 * - `time`: a moment. The scheduler's own clock keeps it.
 * - `external`: somebody else resumes the task, such as the web server with a human's answer.
 * - The others are polled by a triggerer.
 */
export type TriggerKind = "time" | "external" | PolledKind;
export type PolledKind = "file" | "http" | "dag_run" | "external_task";

/** Waits until a moment; resumes with it, as ISO text. */
export function timeTrigger(moment: Date): SerializedTrigger {
  if (!(moment instanceof Date) || Number.isNaN(moment.getTime())) {
    throw new Error("timeTrigger(...) takes a valid Date");
  }
  return { kind: "time", kwargs: { moment: moment.toISOString() } };
}
