import type { Connection } from "#core/secrets/connection.ts";
import type { ToldSecrets } from "#core/secrets/told-secrets.ts";
import type { ConnectionResult } from "#sdk/client.ts";
import type { Answer, Question } from "./child/messages.ts";

/** Remembers the secrets that a question or its answer tells; returns the answer. */
export function learnSecrets(secrets: ToldSecrets, question: Question, answer: Answer): Answer {
  if (question.about === "maskSecret") secrets.add(question.secret, question.name ?? undefined);
  if (question.about === "getVariable" && typeof answer === "string") secrets.addVariable(question.key, answer);
  if (question.about === "getConnection" && answer !== null) secrets.addConnection(answer as ConnectionResult);
  return answer;
}

/** Has rendering remember the secrets that templates are given. */
export function learningFromTemplates(secrets: ToldSecrets) {
  return {
    onVariable: (key: string, value: string) => secrets.addVariable(key, value),
    onConnection: (connection: Connection) => secrets.addConnection(connection),
  };
}
