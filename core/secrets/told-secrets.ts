import { isPlainObject } from "#sdk/json.ts";
import type { Connection } from "./connection.ts";
import { KnownSecrets } from "./known-secrets.ts";
import { maskText } from "./mask-secrets.ts";
import { isSensitiveKey } from "./sensitive-names.ts";

/**
 * The secrets that somebody was told, so that nothing they write shows them: the password of a connection, what its
 * extra keeps under names that sound like secrets, variables and other values with such names, and what they say is one.
 */
export class ToldSecrets extends KnownSecrets {
  /** The text without these secrets, and without what no text may show. */
  readonly hide = (text: string): string => maskText(this.mask(text));

  addVariable(key: string, value: string): void {
    this.#addText(value, key);
  }

  addConnection({ password, extra }: Partial<Pick<Connection, "password" | "extra">>): void {
    if (password) this.add(password);
    if (extra) this.#addText(extra, "extra");
  }

  /** Values by name, such as a run's conf: every text in what has a name that sounds like a secret, at any depth. */
  addValues(values: Readonly<Record<string, unknown>> | readonly unknown[]): void {
    for (const [name, value] of Object.entries(values)) {
      if (isSensitiveKey(name)) this.add(textsIn(value));
      else if (typeof value === "object" && value !== null) this.addValues(value as Record<string, unknown>);
    }
  }

  /** JSON is looked into; any other text is a secret by its name. */
  #addText(text: string, name: string): void {
    const parsed = parseJson(text);
    if (!isPlainObject(parsed) && !Array.isArray(parsed)) this.add(text, name);
    else this.add(isSensitiveKey(name) ? textsIn(parsed) : parsed);
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
