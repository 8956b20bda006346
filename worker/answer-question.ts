import type { Queryable } from "#core/database/connect.ts";
import { findConnection } from "#core/database/connections.ts";
import type { ClaimedTry } from "#core/database/tries.ts";
import { deleteVariable, findVariable, storeVariable } from "#core/database/variables.ts";
import { findLatestXCom, findXCom, storeXCom, type XComKey } from "#core/database/xcoms.ts";
import type { GetXComOpts } from "#sdk/client.ts";
import { answerRunQuestion } from "./answer-run-question.ts";
import type { Answer, Question } from "./child/messages.ts";

/** Answers what a running task asks for, and only that. What the task does not say is the task's own. */
export async function answerQuestion(db: Queryable, asking: ClaimedTry, question: Question): Promise<Answer> {
  switch (question.about) {
    case "getXCom": {
      const key = locate(asking, question.opts);
      return question.opts.includePriorDates ? findLatestXCom(db, key) : findXCom(db, key);
    }
    case "setXCom":
      await storeXCom(db, asking.id, locate(asking, question.opts), question.value);
      return null;
    case "getVariable":
      return findVariable(db, question.key);
    case "setVariable":
      await storeVariable(db, question.key, question.value, question.description);
      return null;
    case "deleteVariable":
      await deleteVariable(db, question.key);
      return null;
    case "getConnection":
      return findConnection(db, question.connId);
    case "triggerDagRun":
    case "getDagRunState":
    case "isDagPaused":
      return answerRunQuestion(db, question);
    default:
      throw new Error(`The worker knows no answer to ${JSON.stringify(question)}`);
  }
}

function locate(asking: ClaimedTry, { key, dagId, runId, taskId, mapIndex }: GetXComOpts): XComKey {
  return {
    key,
    dagId: dagId ?? asking.dagId,
    runId: runId ?? asking.runId,
    taskId: taskId ?? asking.taskId,
    mapIndex: mapIndex === undefined ? asking.mapIndex : Math.max(mapIndex ?? -1, -1),
  };
}
