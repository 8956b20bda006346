import { KnownSecrets } from "#core/secrets/known-secrets.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import { isSensitiveKey } from "#core/secrets/sensitive-names.ts";
import { isPlainObject } from "#sdk/json.ts";
import type { ConnectionResult } from "#sdk/client.ts";
import type { Answer, Question } from "./child/messages.ts";

/**
 * The secrets that a try was told, so that nothing it writes shows them: the password of a connection, what its extra
 * keeps under names that sound like secrets, variables with such names, and what it says is one (`maskSecret`).
 */
export class TrySecrets {
  readonly #known = new KnownSecrets();

  /** Remembers what the answer to a question tells; returns the answer. */
  learn(question: Question, answer: Answer): Answer {
    if (question.about === "getVariable" && typeof answer === "string") this.#learnText(answer, question.key);
    if (question.about === "getConnection" && answer !== null) this.#learnConnection(answer as ConnectionResult);
    return answer;
  }

  /** What the task itself calls a secret. */
  add(secret: unknown, name?: string): void {
    this.#known.add(secret, name);
  }

  /** The text with `***` in place of every secret. */
  readonly mask = (text: string): string => maskText(this.#known.mask(text));

  /** The length of the longest secret. */
  get longest(): number {
    return this.#known.longest;
  }

  /** Where a line may be cut in two: see `KnownSecrets`. */
  readonly cutNear = (text: string, at: number): number => this.#known.cutNear(text, at);

  #learnConnection({ password, extra }: ConnectionResult): void {
    if (password) this.#known.add(password);
    if (extra) this.#learnText(extra, "extra");
  }

  /** JSON is looked into; any other text is a secret by its name. */
  #learnText(text: string, name: string): void {
    const parsed = parseJson(text);
    if (!isPlainObject(parsed) && !Array.isArray(parsed)) this.#known.add(text, name);
    else this.#known.add(isSensitiveKey(name) ? textsIn(parsed) : parsed);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Every text at any depth. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
