import type { DefaultAnswer } from "#sdk/human-input.ts";
import { DaisyError } from "../errors.ts";
import type { Queryable, Transaction } from "./connect.ts";
import { resumeDeferred } from "./defer-tasks.ts";
import type { SideEffect } from "./side-effects.ts";

/** A task that waits for a human has its question written down in the transaction that defers it. */
export const askHumans: SideEffect = {
  concerns: ({ deferral }) => deferral?.trigger.kind === "external" && "hitl" in deferral.trigger.kwargs,
  async store(tx, finished) {
    await tx.query({
      name: "ask-humans",
      text: `insert into hitl_detail (dag_run_id, task_id, map_index, try_number, subject, body, options, defaults,
                                      multiple, params, assigned_users)
             select ti.dag_run_id, ti.task_id, ti.map_index, ti.try_number, q.question ->> 'subject',
                    q.question ->> 'body', q.question -> 'options',
                    case json_typeof(q.question -> 'defaults') when 'array' then q.question -> 'defaults' end,
                    (q.question ->> 'multiple')::boolean, q.question -> 'params', q.question -> 'assigned_users'
               from unnest($1::uuid[], $2::json[]) as q (id, question) join task_instance ti on ti.id = q.id
             on conflict (dag_run_id, task_id, map_index, try_number) do update
               set subject = excluded.subject, body = excluded.body, options = excluded.options,
                   defaults = excluded.defaults, multiple = excluded.multiple, params = excluded.params,
                   assigned_users = excluded.assigned_users, created_at = now(), responded_at = null,
                   responded_by = null, chosen_options = null, params_input = null`,
      values: [
        finished.map(({ id }) => id),
        finished.map(({ outcome }) => JSON.stringify(outcome.deferral!.trigger.kwargs.hitl)),
      ],
    });
    return [];
  },
};

export interface HumanAnswer extends DefaultAnswer {
  readonly responded_by_user: { readonly id: string; readonly name: string };
}

/**
 * Stores a human's answer and resumes the task with it, in one transaction; the answer has been checked.
 * @returns when it was stored
 * @throws HITL_ANSWERED when somebody was faster, HITL_NOT_WAITING when the task does not wait any more
 */
export async function answerQuestionOfTask(tx: Transaction, hitlId: number, answer: HumanAnswer): Promise<Date> {
  const { rows } = await tx.query<{ tryId: string; isWaiting: boolean; isAnswered: boolean; now: Date }>(
    `select ti.id as "tryId", ti.try_number = h.try_number and ti.state = 'deferred' as "isWaiting",
            h.responded_at is not null as "isAnswered", now() as now
       from hitl_detail h join task_instance ti using (dag_run_id, task_id, map_index)
      where h.id = $1 for update of h`,
    [hitlId],
  );
  const { tryId, isWaiting, isAnswered, now } = rows[0]!;
  if (isAnswered) throw new DaisyError("HITL_ANSWERED", tryId);
  const { chosen_options, params_input, responded_by_user } = answer;
  await tx.query(
    `update hitl_detail set responded_at = $2, responded_by = $3, chosen_options = $4, params_input = $5 where id = $1`,
    [hitlId, now, ...[responded_by_user, chosen_options, params_input].map((value) => JSON.stringify(value))],
  );
  const event = { chosen_options, params_input, responded_by_user, responded_at: now.toISOString(), timedout: false };
  const resumed = isWaiting ? await resumeDeferred(tx, [{ id: tryId, event }]) : new Set();
  if (resumed.size === 0) throw new DaisyError("HITL_NOT_WAITING");
  return now;
}

/** Writes down that the defaults have answered the question of a running try. */
export async function answerByDefault(db: Queryable, tryId: string, answer: DefaultAnswer): Promise<void> {
  await db.query({
    name: "answer-by-default",
    text: `update hitl_detail h set responded_at = now(), chosen_options = $2, params_input = $3
             from task_instance ti
            where ti.id = $1 and ti.state = 'running' and ti.dag_run_id = h.dag_run_id and ti.task_id = h.task_id
              and ti.map_index = h.map_index and ti.try_number = h.try_number and h.responded_at is null`,
    values: [tryId, JSON.stringify(answer.chosen_options), JSON.stringify(answer.params_input)],
  });
}
