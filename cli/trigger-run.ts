import { isDeepStrictEqual } from "node:util";
import type { Queryable } from "#core/database/connect.ts";
import { findRunRow, type RunRow } from "#core/database/console-runs.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import { parseDate, withoutFraction } from "./dates.ts";

/** What a user says about a run to be. */
export interface RunWish {
  readonly dagId: string;
  readonly runId?: string;
  readonly conf?: string;
  /** The logical date. @default now */
  readonly date?: string;
}

/** Creates a run. As in Airflow 1.10 and 2, dates from the command line have no fraction of a second. */
export async function triggerRun(db: Queryable, { dagId, runId, conf, date }: RunWish): Promise<RunRow> {
  const created = await createManualRun(db, {
    dagId,
    runId,
    conf: conf === undefined ? undefined : parseConf(conf),
    logicalDate: withoutFraction(date === undefined ? new Date() : parseDate(date)),
    triggeredBy: "cli",
  });
  await recordEvent(db, { event: "cli_trigger_dag", dagId, runId: created.runId });
  return (await findRunRow(db, dagId, created.runId))!;
}

/** Reads a configuration from the command line. @throws {DaisyError} CONF_INVALID */
export function parseConf(text: string): Record<string, unknown> {
  const expected = 'a JSON object, such as {"key": "value"}';
  let conf: unknown;
  try {
    conf = JSON.parse(text);
  } catch (error) {
    throw new DaisyError("CONF_INVALID", expected, `not JSON: ${(error as Error).message}`);
  }
  if (typeof conf === "object" && conf !== null && !Array.isArray(conf)) return conf as Record<string, unknown>;
  throw new DaisyError("CONF_INVALID", expected, JSON.stringify(conf));
}

/** Whether a run was given a configuration. */
export function hasConf(run: Pick<RunRow, "conf">): boolean {
  return run.conf !== null && !isDeepStrictEqual(run.conf, {});
}
