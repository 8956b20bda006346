import { randomBytes } from "node:crypto";
import type { DagRow } from "#core/database/console-dags.ts";
import { findRunRow } from "#core/database/console-runs.ts";
import { createDagRun, createManualRun } from "#core/database/create-dag-run.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { isoDate } from "#core/run-id.ts";
import { isPlainObject } from "#sdk/json.ts";
import type { DagRunAnswer } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";
import { readBody } from "../read-body.ts";
import { parseInstant } from "../read-query.ts";
import { showRun } from "../show/show-run.ts";

const FIELDS = [
  "conf",
  "dag_run_id",
  "data_interval_start",
  "data_interval_end",
  "logical_date",
  "note",
  "partition_key",
  "run_after",
];

/** What a trigger may say, read and checked. */
interface Trigger {
  readonly runId?: string;
  readonly conf: Record<string, unknown>;
  readonly logicalDate?: Date;
  readonly dataInterval?: { start: Date; end: Date };
  readonly runAfter?: Date;
  readonly note?: string;
}

/**
 * Starts a run. From the console its logical date is now unless another one is given; through the API a run without
 * `logical_date` has none, as in Airflow 3.
 */
export function triggerDagRun(triggeredBy: "ui" | "rest_api"): Handler {
  return async (call): Promise<DagRunAnswer> => {
    const trigger = readTrigger(call.body);
    const dag = await dagOf(call);
    checkTriggerable(dag);
    const { db } = call.server;
    const runId = await createRun(call, dag.dag_id, trigger, triggeredBy);
    await recordEvent(db, { event: "trigger_dag_run", dagId: dag.dag_id, runId, extra: { triggered_by: triggeredBy } });
    return showRun((await findRunRow(db, dag.dag_id, runId))!);
  };
}

async function createRun(
  { server: { db } }: Call,
  dagId: string,
  trigger: Trigger,
  triggeredBy: "ui" | "rest_api",
): Promise<string> {
  const now = new Date();
  const { conf, note, runAfter = now } = trigger;
  const logicalDate = trigger.logicalDate ?? (triggeredBy === "ui" ? now : undefined);
  if (logicalDate !== undefined && trigger.dataInterval === undefined && trigger.runAfter === undefined) {
    const run = await createManualRun(db, { dagId, runId: trigger.runId, logicalDate, conf, triggeredBy, note, now });
    return run.runId;
  }
  // Runs without a date can start in the same instant, so their ids get something random.
  const suffix = logicalDate === undefined ? `_${randomBytes(4).toString("hex")}` : "";
  const run = await createDagRun(db, {
    dagId,
    runId: trigger.runId ?? `manual__${isoDate(logicalDate ?? runAfter)}${suffix}`,
    runType: "manual",
    logicalDate: logicalDate ?? null,
    dataInterval: trigger.dataInterval ?? null,
    runAfter,
    conf,
    triggeredBy,
    note,
  });
  return run.runId;
}

function checkTriggerable(dag: DagRow): void {
  if (dag.is_stale) throw new ApiError(404, `DAG "${dag.dag_id}" seems to be missing.`);
  if (dag.has_import_errors) {
    throw new ApiError(400, `DAG with dag_id: '${dag.dag_id}' has import errors and cannot be triggered`);
  }
}

function readTrigger(value: unknown): Trigger {
  const body = readBody(value, FIELDS);
  const start = readDate(body, "data_interval_start");
  const end = readDate(body, "data_interval_end");
  if ((start === undefined) !== (end === undefined)) {
    throw invalid(
      ["body"],
      "value_error",
      "Value error, Either both data_interval_start and data_interval_end must be provided or both must be None",
      body,
    );
  }
  if (start && end && end < start) {
    const message = "Value error, data_interval_end must not be before data_interval_start";
    throw invalid(["body", "data_interval_end"], "value_error", message, body.data_interval_end);
  }
  if (body.partition_key !== undefined && body.partition_key !== null) {
    throw new ApiError(400, "Partitioned runs are not supported");
  }
  return {
    runId: readText(body, "dag_run_id"),
    conf: readConf(body.conf),
    logicalDate: readDate(body, "logical_date"),
    dataInterval: start && end && { start, end },
    runAfter: readDate(body, "run_after"),
    note: readText(body, "note"),
  };
}

function readConf(conf: unknown): Record<string, unknown> {
  if (conf === undefined || conf === null) return {};
  if (isPlainObject(conf)) return conf;
  throw invalid(["body", "conf"], "dict_type", "Input should be a valid dictionary", conf);
}

function readDate(body: Readonly<Record<string, unknown>>, name: string): Date | undefined {
  const value = body[name];
  return value === undefined || value === null ? undefined : parseInstant(value, ["body", name]);
}

function readText(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(["body", name], "string_type", "Input should be a valid string", value);
  if (value.includes("\0")) throw invalid(["body", name], "value_error", "Input should not contain NUL", value);
  return value;
}
