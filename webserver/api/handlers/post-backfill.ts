import { createBackfill, DEFAULT_MAX_ACTIVE_RUNS, type NewBackfill } from "#core/database/create-backfill.ts";
import { planBackfill, REPROCESS_BEHAVIORS, type ReprocessBehavior } from "#core/database/plan-backfill.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import { isPlainObject } from "#sdk/json.ts";
import type { BackfillAnswer, BackfillDryRunAnswer, Page } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { readBody } from "../read-body.ts";
import { readFlag, readRequiredText, readWholeNumber } from "../read-fields.ts";
import { parseInstant } from "../read-query.ts";
import { showBackfill } from "../show/show-backfill.ts";

const FIELDS = [
  "dag_id",
  "from_date",
  "to_date",
  "run_backwards",
  "dag_run_conf",
  "reprocess_behavior",
  "max_active_runs",
  "run_on_latest_version",
];
const MOST_ACTIVE_RUNS = 2 ** 31 - 1;

export const postBackfill: Handler = async ({ server: { db }, body }): Promise<BackfillAnswer> => {
  const wish = readBackfill(body);
  const row = await inAirflowsWords(wish.dagId, () => createBackfill(db, wish));
  await recordEvent(db, { event: "create_backfill", dagId: wish.dagId, extra: { backfill_id: row.id } });
  return showBackfill(row);
};

/** Lists the dates for which there would be a run. */
export const postBackfillDryRun: Handler = async ({
  server: { db },
  body,
}): Promise<Page<"backfills", BackfillDryRunAnswer>> => {
  const wish = readBackfill(body);
  const { runs } = await inAirflowsWords(wish.dagId, () => planBackfill(db, wish));
  const backfills = runs
    .filter(({ refusal }) => refusal === undefined)
    .map(({ run }) => ({ logical_date: run.logicalDate.toISOString(), partition_key: null, partition_date: null }));
  return { backfills, total_entries: backfills.length };
};

/** Airflow's API says some things otherwise than its command line. */
async function inAirflowsWords<T>(dagId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof DaisyError ? error.code : undefined;
    if (code === "BACKFILL_RUNNING") throw new ApiError(409, `There is already a running backfill for dag ${dagId}`);
    if (code === "DAG_TO_TRIGGER_NOT_FOUND") throw new ApiError(404, `Could not find dag ${dagId}`);
    throw error;
  }
}

function readBackfill(value: unknown): NewBackfill {
  const body = readBody(value, FIELDS);
  return {
    dagId: readRequiredText(body, "dag_id"),
    from: readDate(body, "from_date"),
    to: readDate(body, "to_date"),
    runBackwards: readFlag(body, "run_backwards") ?? false,
    reprocess: readBehavior(body.reprocess_behavior),
    maxActiveRuns: readWholeNumber(body, "max_active_runs", 1, MOST_ACTIVE_RUNS) ?? DEFAULT_MAX_ACTIVE_RUNS,
    conf: readConf(body.dag_run_conf),
    runOnLatestVersion: readFlag(body, "run_on_latest_version") ?? true,
  };
}

function readDate(body: Readonly<Record<string, unknown>>, name: string): Date {
  if (!Object.hasOwn(body, name)) throw invalid(["body", name], "missing", "Field required", body);
  return parseInstant(body[name], ["body", name]);
}

function readBehavior(value: unknown): ReprocessBehavior {
  if (value === undefined) return "none";
  const behavior = REPROCESS_BEHAVIORS.find((word) => word === value);
  if (behavior !== undefined) return behavior;
  throw invalid(["body", "reprocess_behavior"], "enum", "Input should be 'failed', 'completed' or 'none'", value);
}

function readConf(value: unknown): Record<string, unknown> | null {
  if (value === undefined || value === null) return null;
  if (isPlainObject(value)) return value;
  throw invalid(["body", "dag_run_conf"], "dict_type", "Input should be a valid dictionary", value);
}
