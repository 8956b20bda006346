import type { Connection } from "#core/secrets/connection.ts";
import { isSensitiveKey } from "#core/secrets/sensitive-names.ts";
import type { ToldSecrets } from "#core/secrets/told-secrets.ts";
import type { ConnectionResult } from "#sdk/client.ts";
import type { Answer, Question } from "./child/messages.ts";

/** Answers a question, and remembers the secrets that it tells before it is tried, and those that the answer tells. */
export async function learnSecrets(
  secrets: ToldSecrets,
  question: Question,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const { about } = question;
  if (about === "maskSecret") secrets.add(question.secret, question.name ?? undefined);
  if (about === "setVariable") secrets.addVariable(question.key, question.value);
  if (about === "setXCom") learnXCom(secrets, question.opts.key, question.value);
  const answer = await ask();
  if (about === "getVariable" && typeof answer === "string") secrets.addVariable(question.key, answer);
  if (about === "getConnection" && answer !== null) secrets.addConnection(answer as ConnectionResult);
  if (about === "getXCom" && typeof answer === "string") learnXCom(secrets, question.opts.key, answer);
  return answer;
}

/** Has rendering remember the secrets that templates are given. */
export function learningFromTemplates(secrets: ToldSecrets) {
  return {
    onVariable: (key: string, value: string) => secrets.addVariable(key, value),
    onConnection: (connection: Connection) => secrets.addConnection(connection),
  };
}

/** @param json the value */
function learnXCom(secrets: ToldSecrets, key: string, json: string): void {
  if (isSensitiveKey(key)) secrets.addValues({ [key]: JSON.parse(json) as unknown });
}
