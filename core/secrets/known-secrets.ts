import { maskingSettings } from "./masking-settings.ts";
import { isSensitiveKey, MASK } from "./sensitive-names.ts";
import { TextFinder } from "./text-finder.ts";

/**
 * Texts that must not be shown wherever they stand, with the forms in which they are met besides: escaped as in JSON
 * and as in a URL. Base64 and other encodings are not recognised, as in Airflow.
 */
export class KnownSecrets {
  readonly #texts = new Set<string>();
  /** Made with the first text: many tries have none. */
  #finder: TextFinder | undefined;
  #longest = 0;

  /** The length of the longest text. */
  get longest(): number {
    return this.#longest;
  }

  /**
   * Remembers a secret (Airflow's `mask_secret`): a text, or the texts of a list; of an object, those under names that
   * sound like secrets.
   * @param name what the secret is called; under a name that does not sound like a secret it is none
   */
  add(secret: unknown, name?: string): void {
    this.#collect(secret, name === undefined || isSensitiveKey(name));
  }

  /** The text with `***` in place of every secret, or of several that overlap. */
  mask(text: string): string {
    let [masked, from] = ["", 0];
    for (const [start, end] of this.#finder?.spansIn(text) ?? []) {
      masked += text.slice(from, start) + MASK;
      from = end;
    }
    return from === 0 ? text : masked + text.slice(from);
  }

  /**
   * Where a text may be cut in two so that no secret is cut: at or before a place, or after a secret that begins with
   * the text. The text must go on for the length of the longest secret.
   */
  cutNear(text: string, at: number): number {
    for (const [start, end] of this.#finder?.spansIn(text) ?? []) {
      if (start >= at) break;
      if (end > at) return start === 0 ? end : start;
    }
    return at;
  }

  #collect(value: unknown, isSecret: boolean): void {
    if (typeof value === "string") {
      if (isSecret) this.#remember(value);
    } else if (Array.isArray(value)) {
      for (const item of value) this.#collect(item, isSecret);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) this.#collect(item, isSensitiveKey(key));
    }
  }

  #remember(secret: string): void {
    const leastLength = Math.max(maskingSettings().leastLength, 1);
    for (const text of formsOf(secret)) {
      if (text.length < leastLength || this.#texts.has(text)) continue;
      this.#texts.add(text);
      this.#finder ??= new TextFinder();
      this.#finder.add(text);
      this.#longest = Math.max(this.#longest, text.length);
    }
  }
}

/** A log has lines, so each line of a longer secret, such as a private key, is one. */
function formsOf(secret: string): string[] {
  const lines = secret.split("\n").map((line) => line.trim());
  return [secret, ...lines].flatMap((text) => [text, jsonForm(text), ...urlForms(text)]);
}

function jsonForm(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As in a query or a password, and as in a path (Python's `quote`). */
function urlForms(text: string): string[] {
  // Half a character, which no URL can hold, becomes what stands for it.
  const encoded = encodeURIComponent(Buffer.from(text).toString());
  return [encoded, encoded.replaceAll("%2F", "/")];
}
