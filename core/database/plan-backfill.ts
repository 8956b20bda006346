import type { SerializedDagFields } from "#sdk/serialized-dag.ts";
import type { DagRunState } from "#sdk/states.ts";
import { DaisyError } from "../errors.ts";
import { readParams, resolveParams } from "../params/params.ts";
import { isPeriodic } from "../timetable/is-periodic.ts";
import { readTimetable } from "../timetable/read-timetable.ts";
import { runsBetween } from "../timetable/runs-between.ts";
import type { NextRun } from "../timetable/timetable.ts";
import type { Queryable } from "./connect.ts";
import { loadSerializedDag } from "./dag-versions.ts";

export const REPROCESS_BEHAVIORS = ["none", "failed", "completed"] as const;
/** Which runs that have ended a backfill runs again: none, those that failed, or all. */
export type ReprocessBehavior = (typeof REPROCESS_BEHAVIORS)[number];

/** What a backfill is asked for. */
export interface BackfillWish {
  readonly dagId: string;
  /** The first and the last logical date, inclusive. */
  readonly from: Date;
  readonly to: Date;
  /** Latest date first. @default false */
  readonly runBackwards?: boolean;
  /** @default "none" */
  readonly reprocess?: ReprocessBehavior;
  /** What its runs are given; null: nothing, and runs that are run again keep what they had. @default null */
  readonly conf?: Readonly<Record<string, unknown>> | null;
  /** @default the present */
  readonly now?: Date;
}

/** A date of a backfill, and what stands there already. */
export interface PlannedRun {
  readonly run: NextRun;
  readonly existing: ExistingRun | undefined;
  /** Why there will be no run; undefined when there will be one. */
  readonly refusal: NoRunReason | undefined;
}

/** Why a date of a backfill has no run of it. */
export type NoRunReason = "already exists" | "in flight" | "unknown";

export interface ExistingRun {
  readonly id: number;
  readonly runId: string;
  readonly logicalDate: Date;
  readonly state: DagRunState;
}

export interface BackfillPlan {
  readonly dag: SerializedDagFields;
  /** In the order in which the runs start. */
  readonly runs: readonly PlannedRun[];
}

/** More dates than this are taken for a slip of the pen. */
const MOST_RUNS = 10_000;

/**
 * Checks a backfill, and lists its dates with what would become of each (`airflow/models/backfill.py`). Changes nothing.
 * Throws DaisyError: DAG_TO_TRIGGER_NOT_FOUND, BACKFILL_INVALID, PARAMS_INVALID.
 */
export async function planBackfill(db: Queryable, wish: BackfillWish): Promise<BackfillPlan> {
  const { dagId, from, to, runBackwards = false, reprocess = "none", conf, now = new Date() } = wish;
  const { dag } = await loadSerializedDag(db, await findVersion(db, dagId));
  if (!isPeriodic(dag.timetable)) {
    throw new DaisyError("BACKFILL_INVALID", `${dagId} has a non-periodic schedule that does not support backfills`);
  }
  checkDates(from, to, now);
  checkPastDependencies(dag, runBackwards, reprocess);
  resolveParams(readParams(dag.params), conf ?? {});
  const runs = runsBetween(readTimetable(dag.timetable), { from, to, now, limit: MOST_RUNS + 1 });
  if (runs.length > MOST_RUNS) {
    throw new DaisyError(
      "BACKFILL_INVALID",
      `The range has more than ${MOST_RUNS} runs of Dag ${dagId}; take it in several backfills`,
    );
  }
  if (runBackwards) runs.reverse();
  const existing = await findRunsAt(db, dagId, runs);
  return {
    dag,
    runs: runs.map((run) => {
      const other = existing.get(run.logicalDate.getTime());
      return { run, existing: other, refusal: other && refusalFor(other.state, reprocess) };
    }),
  };
}

function checkDates(from: Date, to: Date, now: Date): void {
  if (from > to) {
    throw new DaisyError(
      "BACKFILL_INVALID",
      `from_date (${from.toISOString()}) must not be after to_date (${to.toISOString()}).`,
    );
  }
  if (from >= now) throw new DaisyError("BACKFILL_INVALID", "Backfill cannot be executed for future dates.");
}

function checkPastDependencies(dag: SerializedDagFields, runBackwards: boolean, reprocess: ReprocessBehavior): void {
  if (!dag.tasks.some(({ __var: task }) => task.depends_on_past || task.wait_for_downstream)) return;
  if (runBackwards) {
    throw new DaisyError(
      "BACKFILL_INVALID",
      "Backfill cannot be run in reverse when the Dag has tasks where depends_on_past=True or " +
        "depends_on_previous_tasks is set.",
    );
  }
  if (reprocess === "none") {
    throw new DaisyError(
      "BACKFILL_INVALID",
      "Dag has tasks for which depends_on_past=True or depends_on_previous_tasks is set. " +
        "You must set reprocess behavior to reprocess completed or reprocess failed.",
    );
  }
}

function refusalFor(state: DagRunState, reprocess: ReprocessBehavior): NoRunReason | undefined {
  if (state !== "success" && state !== "failed") return "in flight";
  if (reprocess === "completed" || (reprocess === "failed" && state === "failed")) return undefined;
  return "already exists";
}

async function findVersion(db: Queryable, dagId: string): Promise<string> {
  const { rows } = await db.query<{ version: string | null }>(
    "select dag_version_id as version from dag where dag_id = $1",
    [dagId],
  );
  const version = rows[0]?.version ?? null;
  if (version === null) throw new DaisyError("DAG_TO_TRIGGER_NOT_FOUND", dagId);
  return version;
}

/** A DAG's runs at the logical dates of others, by date in milliseconds. */
async function findRunsAt(db: Queryable, dagId: string, runs: readonly NextRun[]): Promise<Map<number, ExistingRun>> {
  const { rows } = await db.query<ExistingRun>(
    `select id, run_id as "runId", logical_date as "logicalDate", state from dag_run
      where dag_id = $1 and logical_date = any($2)`,
    [dagId, runs.map((run) => run.logicalDate)],
  );
  return new Map(rows.map((row) => [row.logicalDate.getTime(), row]));
}
