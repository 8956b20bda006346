import { markRun, RUN_MARKS, type RunMark } from "#core/database/by-hand/mark-run.ts";
import { setRunNote } from "#core/database/by-hand/set-note.ts";
import { findRunRow } from "#core/database/console-runs.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { DagRunAnswer } from "../../protocol.ts";
import { invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { runOf } from "../find-or-404.ts";
import { readBody } from "../read-body.ts";
import { fieldsToPatch, readText } from "../read-fields.ts";
import { NOTE_RULES } from "../read-note.ts";
import { showRun } from "../show/show-run.ts";

/** Marks a run, writes a note on it, or both. */
export const patchDagRun: Handler = async (call): Promise<DagRunAnswer> => {
  const { db } = call.server;
  const { id, dag_id: dagId, run_id: runId } = await runOf(call);
  const body = readBody(call.body, ["state", "note"]);
  const [state, note] = [readState(body.state ?? null), readText(body, "note", NOTE_RULES)];
  const fields = fieldsToPatch(body, call.query);
  if (fields.has("state") && state !== null) await markRun(db, dagId, runId, state);
  if (fields.has("note") && "note" in body) await setRunNote(db, id, note);
  await recordEvent(db, { event: "patch_dag_run", dagId, runId, extra: body });
  return showRun((await findRunRow(db, dagId, runId))!);
};

function readState(value: unknown): RunMark | null {
  if (value === null || RUN_MARKS.includes(value as RunMark)) return value as RunMark | null;
  throw invalid(["body", "state"], "enum", "Input should be 'queued', 'success' or 'failed'", value);
}
