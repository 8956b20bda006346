import type { SerializedTrigger } from "#sdk/triggers/trigger.ts";
import type { Queryable } from "./connect.ts";
import { notify } from "./notifications.ts";
import type { SideEffect } from "./side-effects.ts";

/** What a try that gives its worker back waits for, and how it goes on. */
export interface Deferral {
  readonly trigger: SerializedTrigger;
  /** The operator's method that is called with the trigger's event. */
  readonly method: string;
  /** What it is given besides the event. */
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Seconds after which the task goes on without an event, by failing; null: it waits for ever. */
  readonly timeout: number | null;
}

/** A deferred task waits for a trigger; a time trigger's moment is kept in `due_at`, for others a triggerer is told. */
export const deferTasks: SideEffect = {
  concerns: ({ deferral }) => deferral !== undefined,
  async store(tx, finished) {
    const deferrals = finished.map(({ outcome }) => outcome.deferral!);
    await tx.query({
      name: "defer-tasks",
      text: `
        with deferral as (
          select *, case kind when 'time' then (kwargs ->> 'moment')::timestamptz end as moment,
                 now() + seconds * interval '1 second' as timeout
            from unnest($1::uuid[], $2::text[], $3::json[], $4::text[], $5::json[], $6::double precision[])
              as d (id, kind, kwargs, method, method_kwargs, seconds)
        )
        update task_instance ti
           set trigger_kind = kind, trigger_kwargs = kwargs, trigger_created_at = now(), trigger_event = null,
               trigger_timeout = timeout, triggerer_id = null, due_at = least(moment, timeout),
               next_method = method, next_kwargs = method_kwargs
          from deferral where ti.id = deferral.id`,
      values: [
        finished.map(({ id }) => id),
        deferrals.map(({ trigger }) => trigger.kind),
        deferrals.map(({ trigger }) => JSON.stringify(trigger.kwargs)),
        deferrals.map(({ method }) => method),
        deferrals.map(({ kwargs }) => JSON.stringify(kwargs)),
        deferrals.map(({ timeout }) => timeout),
      ],
    });
    if (deferrals.some(({ trigger }) => trigger.kind !== "time" && trigger.kind !== "external")) {
      await notify(tx, "daisy_trigger");
    }
    return [];
  },
};

/** What came of a trigger: its event, or why it could not be kept up. */
export type TriggerEnd =
  /** `id`: the one under which the task instance waits. */
  { readonly id: string; readonly event: unknown } | { readonly id: string; readonly failure: string };

/**
 * Resumes deferred task instances, all in one statement. Each is resumed once: one that has been resumed, timed out,
 * cleared or marked meanwhile stays as it is. Returns the ids of those that this call resumed.
 */
export async function resumeDeferred(db: Queryable, ends: readonly TriggerEnd[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>({
    name: "resume-deferred",
    text: "select id from resume_deferred($1, $2, $3) as id",
    values: [
      ends.map(({ id }) => id),
      ends.map((end) => ("failure" in end ? null : JSON.stringify(end.event ?? null))),
      ends.map((end) => ("failure" in end ? end.failure : null)),
    ],
  });
  return new Set(rows.map(({ id }) => id));
}
