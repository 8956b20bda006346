import type { AssetEventToEmit } from "#sdk/outlet-events.ts";
import type { DueCallback } from "./callback-requests.ts";
import { answeredWithin, type Database, type Queryable, type Transaction, transaction } from "./connect.ts";
import type { Deferral } from "./defer-tasks.ts";
import { ALONE_AFTER_LOSSES } from "./lost-tries.ts";
import { type ChangedTask, tellOfTasks } from "./notifications.ts";
import { type FinishedTry, hasSideEffects, storeSideEffects } from "./side-effects.ts";
import { KEEP_CLEARED, START_OVER } from "./start-over.ts";

/** The worker that claims tries. */
export interface Claimant {
  readonly hostname: string;
  readonly pid: number;
  /** The worker's row in `job`. */
  readonly jobId: string;
  /** Whether nothing else runs in it, so that it may have what has to run alone. @default false */
  readonly runsAlone?: boolean;
}

/** All that running a try needs to know from the database, besides the DAG version's code. */
export interface ClaimedTry {
  readonly id: string;
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly maxTries: number;
  /** How many executions before this one, one after the other, were lost with their worker. */
  readonly lostTries: number;
  readonly dagVersionId: string;
  readonly logicalDate: Date | null;
  readonly dataIntervalStart: Date | null;
  readonly dataIntervalEnd: Date | null;
  readonly conf: Readonly<Record<string, unknown>>;
  /** When it was claimed; of the database's clock, as all dates are that something depends on. */
  readonly claimedAt: Date;
  /** When the first execution began after which the task waited, whatever its try; null when it never has. */
  readonly waitingSince: Date | null;
  /** What to call in place of `execute`, after a deferral; null: the task starts from the beginning. */
  readonly nextMethod: string | null;
  readonly nextKwargs: Readonly<Record<string, unknown>> | null;
  /** What the trigger fired with. */
  readonly triggerEvent: unknown;
}

/** Tells a channel, once a run, of the task instances that the query `changed` returned. */
const tell = (channel: "daisy_run" | "daisy_view") =>
  `pg_notify('${channel}', run_change(dag_run_id, dag_id, json_agg(json_build_array(task_id, map_index, state))))`;

const CLAIM = `
  with queued as materialized (
    -- In the order of ids, so that two workers that hold the same jobs cannot deadlock.
    select id from task_instance
     where id = any($1::uuid[])
       and (state = 'queued' and (lost_tries < ${ALONE_AFTER_LOSSES} or $5) or state = 'running' and job_id = $4)
     order by id for update
  ), claimed as (
    update task_instance ti
       set state = 'running', start_date = coalesce(ti.start_date, now()), end_date = null, due_at = null,
           hostname = $2, pid = $3, job_id = $4, last_heartbeat_at = now(), requeues = 0
      from queued where ti.id = queued.id
    returning ti.*
  ), wiped as (
    delete from xcom using claimed
     where claimed.next_method is null and xcom.dag_run_id = claimed.dag_run_id and xcom.task_id = claimed.task_id
       and xcom.map_index = claimed.map_index
  ), told as (
    select ${tell("daisy_view")} as view from claimed group by dag_run_id, dag_id
  )
  select claimed.id, claimed.dag_run_id as "dagRunId", claimed.dag_id as "dagId", claimed.run_id as "runId",
         claimed.task_id as "taskId", claimed.map_index as "mapIndex", claimed.try_number as "tryNumber",
         claimed.max_tries as "maxTries", claimed.lost_tries as "lostTries", dag_run.dag_version_id as "dagVersionId",
         now() as "claimedAt", claimed.waiting_since as "waitingSince", claimed.next_method as "nextMethod",
         claimed.next_kwargs as "nextKwargs", claimed.trigger_event as "triggerEvent",
         dag_run.logical_date as "logicalDate", dag_run.data_interval_start as "dataIntervalStart",
         dag_run.data_interval_end as "dataIntervalEnd", dag_run.conf
    from claimed join dag_run on dag_run.id = claimed.dag_run_id, (select count(view) from told) as notified`;

/**
 * Moves tries from queued to running on behalf of a worker, and returns those that it now owns; the others were
 * taken, cleared or finished meanwhile, or have to run alone. Those that it owns already are returned as well, because the answer to the
 * first claim may have been lost: the caller sees to it that no try that it runs is claimed again. XComs that an
 * earlier execution of the task left are deleted, as Airflow does whenever one starts, unless it resumes after a
 * deferral.
 */
export async function claimTries(db: Queryable, ids: readonly string[], worker: Claimant): Promise<ClaimedTry[]> {
  const { rows } = await db.query<ClaimedTry>({
    name: "claim-tries",
    text: CLAIM,
    values: [ids, worker.hostname, worker.pid, worker.jobId, worker.runsAlone ?? false],
  });
  return rows;
}

const ANSWER_WITHIN_MS = 3_000;

/** What a heartbeat learns about a try. */
export interface HeartbeatAnswer {
  readonly state: string | null;
  /** Whether the heartbeat was written down: somebody else may hold the row's lock. */
  readonly isWritten: boolean;
}

/**
 * Says that tries are alive, and returns what has become of each; a try that is gone is left out. It waits for nobody:
 * a row whose lock somebody holds keeps its last heartbeat, and those of the other tries are written.
 */
export async function heartbeatTries(db: Queryable, ids: readonly string[]): Promise<Map<string, HeartbeatAnswer>> {
  const { rows } = await db.query<HeartbeatAnswer & { id: string }>(
    answeredWithin(ANSWER_WITHIN_MS, {
      name: "heartbeat-tries",
      text: `with free as materialized (
             select id from task_instance where id = any($1::uuid[]) and state = 'running'
              order by id for update skip locked
           ), alive as (
             update task_instance ti set last_heartbeat_at = now() from free where ti.id = free.id
             returning ti.id
           )
           select id, ti.state, alive.id is not null as "isWritten"
             from task_instance ti left join alive using (id) where id = any($1::uuid[])`,
      values: [ids],
    }),
  );
  return new Map(rows.map(({ id, ...answer }) => [id, answer]));
}

/** How a try ended. */
export interface TryOutcome {
  readonly id: string;
  readonly state: "success" | "failed" | "skipped" | "up_for_retry" | "up_for_reschedule" | "deferred";
  /** In states up_for_retry and up_for_reschedule: seconds until the task may be scheduled again. */
  readonly dueIn?: number;
  /** In state deferred: what it waits for. */
  readonly deferral?: Deferral;
  /** The `return_value` to push, as JSON text. */
  readonly returnValue?: string;
  /** Tasks of the run that this one decided not to take: those that have not been queued are skipped. */
  readonly skipped?: readonly string[];
  /** In state success: the events of assets to emit. */
  readonly assetEvents?: readonly AssetEventToEmit[];
  /** With `skipped`: the tasks that it took; these are kept as its decision in place of those that it did not. */
  readonly followed?: readonly string[];
  /** The callbacks that the task has for this outcome. */
  readonly callback?: DueCallback;
}

const FINISH = `
  with outcome as materialized (
    select * from unnest($1::uuid[], $2::text[], $3::double precision[], $4::text[])
      as o (id, state, due_in, return_value)
  ), mine as materialized (
    select id from task_instance where id = any($1::uuid[]) and state = 'running' order by id for update
  ), finished as (
    update task_instance ti
       set state = outcome.state, lost_tries = 0,
           end_date = case when outcome.state not in ('up_for_reschedule', 'deferred') then now() end,
           due_at = now() + outcome.due_in * interval '1 second',
           waiting_since = case when outcome.state in ('up_for_reschedule', 'deferred')
                                then coalesce(ti.waiting_since, ti.start_date) else ti.waiting_since end
      from mine join outcome using (id) where ti.id = mine.id
    returning ti.id, ti.dag_run_id, ti.dag_id, ti.task_id, ti.map_index, ti.state, outcome.return_value
  ), pushed as (
    insert into xcom (dag_run_id, task_id, map_index, key, value)
    select dag_run_id, task_id, map_index, 'return_value', return_value::json from finished
     where return_value is not null
    on conflict (dag_run_id, task_id, map_index, key) do update set value = excluded.value, timestamp = now()
  )`;

const AND_TELL = `, told as (
    select ${tell("daisy_run")} as run, ${tell("daisy_view")} as view from finished group by dag_run_id, dag_id
  )
  select finished.id from finished, (select count(run), count(view) from told) as notified`;

const AND_RETURN = `
  select id, dag_run_id as "dagRunId", dag_id as "dagId", task_id as "taskId", map_index as "mapIndex", state
    from finished`;

/**
 * Stores how tries ended, with their return values, and wakes the scheduler. Returns the ids of the tries that were
 * still running; what came late for the others changes nothing.
 *
 * Outcomes without side effects take one statement. When one of them has some (`side-effects.ts`), all are stored in
 * one transaction with what they bring about, and the scheduler is told of everything at its commit.
 */
export async function finishTries(db: Database, outcomes: readonly TryOutcome[]): Promise<Set<string>> {
  const finished = outcomes.some(hasSideEffects)
    ? await transaction(db, (tx) => finishWithSideEffects(tx, outcomes))
    : (await db.query<{ id: string }>({ name: "finish-tries", text: FINISH + AND_TELL, values: columns(outcomes) }))
        .rows;
  return new Set(finished.map(({ id }) => id));
}

async function finishWithSideEffects(tx: Transaction, outcomes: readonly TryOutcome[]): Promise<FinishedTry[]> {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const { rows } = await tx.query<ChangedTask & { id: string }>({
    name: "finish-tries-with-side-effects",
    text: FINISH + AND_RETURN,
    values: columns(outcomes),
  });
  const finished = rows.map((row) => ({ ...row, outcome: byId.get(row.id)! }));
  await tellOfTasks(tx, [...finished, ...(await storeSideEffects(tx, finished))]);
  return finished;
}

function columns(outcomes: readonly TryOutcome[]): unknown[] {
  return [
    outcomes.map(({ id }) => id),
    outcomes.map(({ state }) => state),
    outcomes.map(({ dueIn }) => dueIn ?? null),
    outcomes.map(({ returnValue }) => returnValue ?? null),
  ];
}

const HAND_BACK = `
  with mine as materialized (
    select * from task_instance where id = any($1::uuid[]) and state in ('running', 'restarting')
     order by id for update
  ), ${KEEP_CLEARED("mine")}, returned as (
    -- A clear has set max_tries already; a try that its worker gave up does not count against the task's retries.
    update task_instance ti
       set state = 'up_for_retry', end_date = now(), due_at = now(), max_tries = ti.max_tries + 1
      from mine where ti.id = mine.id and mine.state = 'running'
    returning mine.id as try_id, ti.dag_run_id, ti.dag_id, ti.task_id, ti.map_index, ti.state
  ), started_over as (
    ${START_OVER("mine")}
    returning mine.id as try_id, ti.dag_run_id, ti.dag_id, ti.task_id, ti.map_index, ti.state
  ), changed as (
    select * from returned union all select * from started_over
  ), told as (
    select ${tell("daisy_run")} as run, ${tell("daisy_view")} as view from changed group by dag_run_id, dag_id
  )
  select changed.try_id as id from changed, (select count(run), count(view) from told) as notified`;

/**
 * Gives tries whose processes this worker has ended back: those it stopped because it shuts down (running) for
 * another try at once, and those that were cleared while they ran (restarting) to be judged anew, because what is
 * above them may have been cleared too. Returns the ids that were.
 */
export async function handBackTries(db: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>({ name: "hand-back-tries", text: HAND_BACK, values: [ids] });
  return new Set(rows.map(({ id }) => id));
}
