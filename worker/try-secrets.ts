import { isSensitiveKey, MASK } from "#core/secrets/mask-secrets.ts";
import type { ConnectionResult } from "#sdk/client.ts";
import type { Answer, Question } from "./child/messages.ts";

/** Shorter ones would blacken every other word (Airflow's `[logging] min_length_masked_secret`). */
const LEAST_LENGTH = 5;

/**
 * The secrets that a try was told, so that its log does not show them: the password of a connection, what its extra
 * keeps under names that sound like secrets, and variables with such names (Airflow's `mask_secret`).
 */
export class TrySecrets {
  /** Longest first: one may be a part of another. */
  #known: string[] = [];

  /** Remembers what the answer to a question tells; returns the answer. */
  learn(question: Question, answer: Answer): Answer {
    if (question.about === "getVariable" && typeof answer === "string") this.#learnText(answer, question.key);
    if (question.about === "getConnection" && answer !== null) this.#learnConnection(answer as ConnectionResult);
    return answer;
  }

  /** The text with `***` in place of every secret. */
  readonly mask = (text: string): string =>
    this.#known.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);

  #learnConnection({ password, extra }: ConnectionResult): void {
    if (password) this.#remember(password);
    if (extra) this.#learnText(extra, "extra");
  }

  #learnText(text: string, key: string): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      // Plain text.
    }
    if (typeof parsed === "object" && parsed !== null) this.#learnValue(parsed, key);
    else this.#learnValue(text, key);
  }

  #learnValue(value: unknown, key: string, isSecret = isSensitiveKey(key)): void {
    if (typeof value === "string" && isSecret) this.#remember(value);
    if (typeof value !== "object" || value === null) return;
    for (const [name, item] of Object.entries(value)) this.#learnValue(item, name, isSecret || isSensitiveKey(name));
  }

  /** A log has lines, so each line of a longer secret, such as a private key, is one. */
  #remember(secret: string): void {
    const lines = secret.split("\n").map((line) => line.trim());
    const fresh = [secret, ...lines].filter((text) => text.length >= LEAST_LENGTH && !this.#known.includes(text));
    this.#known = [...new Set([...this.#known, ...fresh])].sort((a, b) => b.length - a.length);
  }
}
