import type { Database, Queryable } from "#core/database/connect.ts";
import { answerByDefault } from "#core/database/human-input.ts";
import { deleteVariable, storeVariable } from "#core/database/variables.ts";
import { findLatestXCom, findXCom, storeXCom, type XComKey } from "#core/database/xcoms.ts";
import { lookUpConnection, lookUpVariable } from "#core/secrets/lookup.ts";
import { sealVariable } from "#core/secrets/sealed-rows.ts";
import type { SecretBox } from "#core/secrets/secret-box.ts";
import type { ConnectionResult, GetXComOpts } from "#sdk/client.ts";
import { answerAssetQuestion } from "./answer-asset-question.ts";
import { answerLatestWindow } from "./answer-latest-window.ts";
import { answerListQuestion, type KnownLists } from "./answer-list-question.ts";
import { answerRunQuestion } from "./answer-run-question.ts";
import type { Asking } from "./asking.ts";
import type { Answer, Question } from "./child/messages.ts";

/** Answers what a running task asks for, and only that. What the task does not say is the task's own. */
export async function answerQuestion(
  db: Database,
  box: SecretBox,
  asking: Asking,
  question: Question,
  lists: KnownLists,
): Promise<Answer> {
  switch (question.about) {
    case "getXCom": {
      const key = locate(asking, question.opts);
      return question.opts.includePriorDates ? findLatestXCom(db, key) : findXCom(db, key);
    }
    case "setXCom":
      await storeXCom(db, asking.id, locate(asking, question.opts), question.value);
      return null;
    case "getVariable":
      return lookUpVariable(db, box, question.key);
    case "setVariable":
      await storeVariable(db, sealVariable(box, question));
      return null;
    case "deleteVariable":
      await deleteVariable(db, question.key);
      return null;
    case "getConnection":
      return findConnection(db, box, question.connId);
    case "maskSecret":
      // Whoever writes the log has heard of it: see learnSecrets.
      return null;
    case "latestWindow":
      return answerLatestWindow(db, asking);
    case "countItems":
    case "getItem":
    case "getItems":
      return answerListQuestion(db, lists, asking, question);
    case "triggerDagRun":
    case "getDagRunState":
    case "getExternalStates":
    case "getDagOutline":
    case "isDagPaused":
      return answerRunQuestion(db, question);
    case "answerByDefault":
      await answerByDefault(db, asking.id, question.answer);
      return null;
    case "getAssetEvents":
    case "getAssetState":
    case "setAssetState":
    case "deleteAssetState":
      return answerAssetQuestion(db, asking, question);
    default:
      throw new TypeError(`The worker knows no answer to ${JSON.stringify(question)}`);
  }
}

async function findConnection(db: Queryable, box: SecretBox, connId: string): Promise<ConnectionResult | null> {
  const connection = await lookUpConnection(db, box, connId);
  if (connection === null) return null;
  const { description: _, ...result } = connection;
  return result;
}

function locate(asking: Asking, { key, dagId, runId, taskId, mapIndex }: GetXComOpts): XComKey {
  return {
    key,
    dagId: dagId ?? asking.dagId,
    runId: runId ?? asking.runId,
    taskId: taskId ?? asking.taskId,
    mapIndex: mapIndex === undefined ? asking.mapIndex : Math.max(mapIndex ?? -1, -1),
  };
}
