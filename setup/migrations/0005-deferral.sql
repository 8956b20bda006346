-- Tasks that give their worker back while they wait: until a date (up_for_reschedule), or for a trigger (deferred).

-- In state up_for_retry and up_for_reschedule: when it may be scheduled. In state deferred: when it goes on whatever
-- the trigger says, because a time trigger's moment has come or the wait takes too long; null when neither will be.
alter table task_instance rename column retry_at to due_at;

alter table task_instance
  -- When the first execution began that led to a wait; retries keep it, so that a sensor's timeout counts from there.
  add column waiting_since timestamptz,
  -- What the next execution calls in place of `execute`, in state deferred and after it; null: it starts from the
  -- beginning. `__fail__` stands for a trigger that failed or was too late.
  add column next_method text,
  add column next_kwargs json,
  -- What a deferred task waits for (core/triggers), and what came of it.
  add column trigger_kind text,
  add column trigger_kwargs json,
  add column trigger_created_at timestamptz,
  add column trigger_event json,
  -- Until when it waits at most.
  add column trigger_timeout timestamptz,
  -- The triggerer that looks after the trigger: a row of job.
  add column triggerer_id uuid;

comment on column task_instance.start_date is
  'When the try began; kept while it waits and goes on, null before its first execution';

-- What is due next.
create index task_instance_due on task_instance (due_at)
  where state in ('up_for_retry', 'up_for_reschedule', 'deferred');
-- The triggers that a triggerer looks after, and (null) those that none does. Time is kept by the index above.
create index task_instance_triggerer on task_instance (triggerer_id)
  where state = 'deferred' and trigger_kind not in ('time', 'external');

drop function if exists schedule_due_retries();
