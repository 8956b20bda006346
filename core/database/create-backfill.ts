import { DaisyError } from "../errors.ts";
import { runIdFor } from "../run-id.ts";
import { type BackfillRow, findBackfill } from "./backfills.ts";
import { type Database, type Transaction, transaction } from "./connect.ts";
import { createDagRun } from "./create-dag-run.ts";
import { WHOLE_DAG } from "./dags.ts";
import { notifyRun } from "./notifications.ts";
import { type BackfillWish, type NoRunReason, type PlannedRun, planBackfill } from "./plan-backfill.ts";
import { rerunForBackfill } from "./rerun-for-backfill.ts";

/** A backfill to be. */
export interface NewBackfill extends BackfillWish {
  /** Runs of it at a time. @default 10 */
  readonly maxActiveRuns?: number;
  /** Whether runs that are run again move to the DAG's latest version. @default true */
  readonly runOnLatestVersion?: boolean;
  /** @default null */
  readonly triggeringUserName?: string | null;
}

/** Airflow's `Backfill.max_active_runs`. */
export const DEFAULT_MAX_ACTIVE_RUNS = 10;

/**
 * Creates a backfill with its runs, queued, in one transaction, and wakes the scheduler (`_create_backfill` of
 * `airflow/models/backfill.py`). A date that has a run already gets none, and the
 * backfill says why, unless that run has ended and is to run again.
 * Throws DaisyError: DAG_TO_TRIGGER_NOT_FOUND, BACKFILL_RUNNING, BACKFILL_INVALID, PARAMS_INVALID.
 */
export function createBackfill(db: Database, wish: NewBackfill): Promise<BackfillRow> {
  return transaction(db, async (tx) => {
    await checkNoneRuns(tx, wish.dagId);
    const { runs } = await planBackfill(tx, wish);
    if (runs.length === 0) throw new DaisyError("BACKFILL_INVALID", `No runs to create for Dag ${wish.dagId}`);
    const id = await insertBackfill(tx, wish);
    const outcomes: Outcome[] = [];
    for (const planned of runs) outcomes.push(await placeRun(tx, wish, planned));
    await insertBackfillRuns(tx, id, runs, await runAgain(tx, wish, outcomes));
    await notifyRun(tx, "daisy_run", { dagRunId: WHOLE_DAG, dagId: wish.dagId });
    return (await findBackfill(tx, id))!;
  });
}

/** What became of a date: a run, perhaps one that has ended and is to run again, or a reason why there is none. */
type Outcome = { readonly dagRunId: number; readonly again?: true } | { readonly reason: NoRunReason };

/** The DAG's row is locked, so of two who ask at once the second sees the first one's backfill. */
async function checkNoneRuns(tx: Transaction, dagId: string): Promise<void> {
  await tx.query("select 1 from dag where dag_id = $1 for no key update", [dagId]);
  const { rowCount } = await tx.query("select 1 from backfill where dag_id = $1 and completed_at is null", [dagId]);
  if (rowCount !== 0) throw new DaisyError("BACKFILL_RUNNING", dagId);
}

async function placeRun(tx: Transaction, wish: NewBackfill, { run, existing, refusal }: PlannedRun): Promise<Outcome> {
  if (refusal !== undefined) return { reason: refusal };
  if (existing !== undefined) return { dagRunId: existing.id, again: true };
  try {
    const created = await createDagRun(tx, {
      dagId: wish.dagId,
      runId: runIdFor("backfill", run.runAfter),
      runType: "backfill",
      ...run,
      conf: wish.conf ?? {},
      triggeredBy: "backfill",
    });
    return { dagRunId: created.id };
  } catch (error) {
    const isTaken =
      error instanceof DaisyError && (error.code === "RUN_ALREADY_EXISTS" || error.code === "RUN_DATE_TAKEN");
    // Somebody created it a moment ago.
    if (isTaken) return { reason: "in flight" };
    throw error;
  }
}

/** Last of all, because until the transaction commits nobody else gets at those runs. */
async function runAgain(tx: Transaction, wish: NewBackfill, outcomes: readonly Outcome[]): Promise<Outcome[]> {
  const ids = outcomes.flatMap((outcome) => ("again" in outcome ? [outcome.dagRunId] : []));
  if (ids.length === 0) return [...outcomes];
  const { conf = null, runOnLatestVersion = true } = wish;
  const started = await rerunForBackfill(tx, ids, { conf, runOnLatestVersion });
  return outcomes.map((outcome) =>
    "again" in outcome && !started.has(outcome.dagRunId) ? { reason: "in flight" } : outcome,
  );
}

async function insertBackfill(tx: Transaction, wish: NewBackfill): Promise<number> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into backfill (dag_id, from_date, to_date, dag_run_conf, reprocess_behavior, max_active_runs,
                           triggering_user_name)
     values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    [
      wish.dagId,
      wish.from,
      wish.to,
      wish.conf == null ? null : JSON.stringify(wish.conf),
      wish.reprocess ?? "none",
      wish.maxActiveRuns ?? DEFAULT_MAX_ACTIVE_RUNS,
      wish.triggeringUserName ?? null,
    ],
  );
  return rows[0]!.id;
}

async function insertBackfillRuns(
  tx: Transaction,
  id: number,
  runs: readonly PlannedRun[],
  outcomes: readonly Outcome[],
): Promise<void> {
  await tx.query(
    `with placed as (
       insert into backfill_dag_run (backfill_id, dag_run_id, exception_reason, logical_date, sort_ordinal)
       select $1, run_id, reason, logical_date, ordinal
         from unnest($2::bigint[], $3::text[], $4::timestamptz[]) with ordinality as p (run_id, reason, logical_date, ordinal)
       returning dag_run_id
     )
     update dag_run set backfill_id = $1 from placed where dag_run.id = placed.dag_run_id`,
    [
      id,
      outcomes.map((outcome) => ("dagRunId" in outcome ? outcome.dagRunId : null)),
      outcomes.map((outcome) => ("reason" in outcome ? outcome.reason : null)),
      runs.map(({ run }) => run.logicalDate),
    ],
  );
}
