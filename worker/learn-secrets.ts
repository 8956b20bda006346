import type { Log } from "#core/log.ts";
import type { Connection } from "#core/secrets/connection.ts";
import { isSensitiveKey } from "#core/secrets/sensitive-names.ts";
import type { ToldSecrets } from "#core/secrets/told-secrets.ts";
import type { ConnectionResult } from "#sdk/client.ts";
import type { Asking } from "./asking.ts";
import type { Answer, Question } from "./child/messages.ts";

/** Hears which variable or connection somebody was given, such as `the variable "region"`. */
type OnGiven = (what: string) => void;

/** Writes down, where the log is detailed, which variables and connections were given to whom. */
export function tellingOf(log: Log, { dagId, runId, taskId, mapIndex }: Omit<Asking, "id">): OnGiven {
  const instance = mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`;
  return (what) => log.debug(`${dagId}.${instance} ${runId} was given ${what}`);
}

/** Answers a question, and remembers the secrets that it tells before it is tried, and those that the answer tells. */
export async function learnSecrets(
  secrets: ToldSecrets,
  question: Question,
  onGiven: OnGiven,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const { about } = question;
  if (about === "maskSecret") secrets.add(question.secret, question.name ?? undefined);
  if (about === "setVariable") secrets.addVariable(question.key, question.value);
  if (about === "setXCom") learnXCom(secrets, question.opts.key, question.value);
  const answer = await ask();
  if (about === "getVariable" && typeof answer === "string") {
    secrets.addVariable(question.key, answer);
    onGiven(`the variable ${JSON.stringify(question.key)}`);
  }
  if (about === "getConnection" && answer !== null) {
    secrets.addConnection(answer as ConnectionResult);
    onGiven(`the connection ${JSON.stringify(question.connId)}`);
  }
  if (about === "getXCom" && typeof answer === "string") learnXCom(secrets, question.opts.key, answer);
  return answer;
}

/** Has rendering remember the secrets that templates are given. */
export function learningFromTemplates(secrets: ToldSecrets, onGiven: OnGiven = () => {}) {
  return {
    onVariable(key: string, value: string): void {
      secrets.addVariable(key, value);
      onGiven(`the variable ${JSON.stringify(key)}`);
    },
    onConnection(connection: Connection): void {
      secrets.addConnection(connection);
      onGiven(`the connection ${JSON.stringify(connection.id)}`);
    },
  };
}

/** @param json the value */
function learnXCom(secrets: ToldSecrets, key: string, json: string): void {
  if (isSensitiveKey(key)) secrets.addValues({ [key]: JSON.parse(json) as unknown });
}
