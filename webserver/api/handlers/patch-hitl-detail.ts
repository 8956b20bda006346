import { transaction } from "#core/database/connect.ts";
import type { HitlRow } from "#core/database/console-hitl.ts";
import { answerQuestionOfTask } from "#core/database/human-input.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { findFault } from "#core/human-input/check-answer.ts";
import { restoreMasked } from "#core/secrets/mask-secrets.ts";
import { isPlainObject } from "#sdk/json.ts";
import type { HitlResponseAnswer, HitlUser, Json } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { hitlOf } from "../hitl-of.ts";
import { readBody } from "../read-body.ts";
import { readText } from "../read-fields.ts";
import { showInput } from "../show/show-hitl.ts";

/** Who answers while nobody logs in; the name is that of Airflow's simple auth manager. */
const ANONYMOUS: HitlUser = { id: "Anonymous", name: "Anonymous" };

/**
 * Answers a task's question. With assigned users only they may. While nobody logs in, the console lets whoever sits
 * before it say which of them is answering; the API has no such field, as in Airflow.
 */
export function patchHitlDetail(from: "rest_api" | "ui"): Handler {
  return async (call): Promise<HitlResponseAnswer> => {
    const fields = ["chosen_options", "params_input", ...(from === "ui" ? ["responded_by"] : [])];
    const body = readBody(call.body, fields);
    const chosen = readOptions(body.chosen_options);
    const sent = readParams(body.params_input);
    const { hitl, taskInstance } = await hitlOf(call);
    const input = withSecrets(hitl, sent);
    const user = userOf(hitl, readText(body, "responded_by"));
    const { db } = call.server;
    const fault = findFault(hitl, chosen, input);
    if (fault !== undefined && hitl.responded_at === null) throw new ApiError(400, fault);
    const answer = { chosen_options: chosen, params_input: input, responded_by_user: user };
    const respondedAt = await transaction(db, (tx) => answerQuestionOfTask(tx, hitl.id, answer));
    const { dag_id: dagId, run_id: runId, task_id: taskId } = taskInstance;
    await recordEvent(db, { event: "update_hitl_detail", dagId, runId, taskId, extra: { chosen_options: chosen } });
    return {
      responded_by: user,
      responded_at: respondedAt.toISOString(),
      chosen_options: chosen,
      params_input: showInput(input),
    };
  };
}

/** The console sends every field back, also one that was shown masked and left as it was. */
function withSecrets({ params }: HitlRow, sent: Readonly<Record<string, Json>>): Record<string, Json> {
  const values = Object.fromEntries(Object.entries(params).map(([name, { value }]) => [name, value]));
  return restoreMasked(sent, values) as Record<string, Json>;
}

function userOf({ assigned_users: assigned }: HitlRow, named: string | null): HitlUser {
  if (assigned.length === 0) return ANONYMOUS;
  const user = assigned.find(({ id }) => id === (named ?? ANONYMOUS.id));
  if (user !== undefined) return user;
  const id = named ?? ANONYMOUS.id;
  throw new ApiError(403, `User=${id} (id=${id}) is not a respondent for the task.`);
}

function readOptions(value: unknown): string[] {
  const loc = ["body", "chosen_options"];
  if (value === undefined) throw invalid(loc, "missing", "Field required", value);
  if (!Array.isArray(value)) throw invalid(loc, "list_type", "Input should be a valid list", value);
  if (value.length === 0) {
    throw invalid(loc, "too_short", "List should have at least 1 item after validation, not 0", value);
  }
  const wrong = value.findIndex((option) => typeof option !== "string");
  if (wrong !== -1) throw invalid([...loc, wrong], "string_type", "Input should be a valid string", value[wrong]);
  return value as string[];
}

function readParams(value: unknown): Record<string, Json> {
  if (value === undefined || value === null) return {};
  if (isPlainObject(value)) return value as Record<string, Json>;
  throw invalid(["body", "params_input"], "dict_type", "Input should be a valid dictionary", value);
}
