import type { PolledKind, SerializedTrigger } from "#sdk/triggers/trigger.ts";
import type { Queryable } from "./connect.ts";

/** A trigger that a triggerer looks after, under the id of the task instance that waits for it. */
export interface WaitingTrigger extends SerializedTrigger {
  readonly id: string;
  readonly kind: PolledKind;
}

/** What a triggerer looks after, as in the index `task_instance_triggerer`. */
const POLLED = "state = 'deferred' and trigger_kind not in ('time', 'external')";

/**
 * Gives a triggerer triggers that none looks after: new ones, and those of triggerers that have ended or have been
 * silent for some seconds. Returns them.
 */
export async function adoptTriggers(
  db: Queryable,
  { jobId, limit, silentSeconds }: { jobId: string; limit: number; silentSeconds: number },
): Promise<WaitingTrigger[]> {
  const { rows } = await db.query<WaitingTrigger>({
    name: "adopt-triggers",
    text: `
      with gone as materialized (
        select j.id from job j
         where j.job_type = 'TriggererJob' and j.id <> $1
           and (j.state <> 'running' or j.latest_heartbeat < now() - $3 * interval '1 second')
           and exists (select 1 from task_instance ti where ti.triggerer_id = j.id and ${POLLED})
      ), free as materialized (
        select id from task_instance
         where ${POLLED} and (triggerer_id is null or triggerer_id = any (array(select id from gone)))
         limit $2 for update skip locked
      )
      update task_instance ti set triggerer_id = $1 from free where ti.id = free.id
      returning ti.id, ti.trigger_kind as kind, ti.trigger_kwargs as kwargs`,
    values: [jobId, limit, silentSeconds],
  });
  return rows;
}

/** The ids of all triggers that a triggerer has to look after, by the tables. */
export async function listHeldTriggers(db: Queryable, jobId: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: "list-held-triggers",
    text: `select id from task_instance where triggerer_id = $1 and ${POLLED}`,
    values: [jobId],
  });
  return rows.map(({ id }) => id);
}

/** Lets go of a triggerer's triggers, except those given by their ids, so that they are adopted anew. */
export async function releaseTriggers(db: Queryable, jobId: string, kept: readonly string[] = []): Promise<void> {
  await db.query({
    name: "release-triggers",
    text: `update task_instance set triggerer_id = null where triggerer_id = $1 and ${POLLED} and id <> all($2::uuid[])`,
    values: [jobId, kept],
  });
}
