import { isPlainObject, type JsonValue } from "#sdk/json.ts";
import { KnownSecrets } from "./known-secrets.ts";
import { isSensitiveKey, MASK } from "./sensitive-names.ts";

/**
 * The password in `scheme://user:password@host`, wherever it stands in a text. It begins where a scheme ends: looking for
 * the scheme's own beginning would take for ever in a long text without spaces. A password that is not encoded may have
 * an `@`, which is told from that of a later mail address by what stands between them.
 */
const URL_PASSWORD = /(?<=[a-z0-9+.-]:\/\/)([^\s:/?#@]*):[^\s@/?#]+@(?:[^\s@/?#"'`<>,;:&|(){}[\]]+@)*/gi;

/** Secrets of this process itself: what the sensitive options of its configuration are. */
export const ownSecrets = new KnownSecrets();

/**
 * The one function through which users' values leave: everything under a key that sounds like a secret becomes `***`, at
 * any depth, and texts are masked as `maskText` does.
 * @param key the name under which the value itself is kept
 */
export function maskSecrets(value: unknown, key?: string): JsonValue {
  if (key !== undefined && isSensitiveKey(key) && value !== null && value !== "") return maskAll(value);
  if (typeof value === "string") return maskText(value);
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskSecrets(item, name)]));
  }
  return (value ?? null) as JsonValue;
}

/** The one function through which texts leave: hides the passwords of URLs, and this process's own secrets. */
export function maskText(text: string): string {
  return maskUrls(ownSecrets.mask(text));
}

/** Hides the passwords of URLs in a text. */
export function maskUrls(text: string): string {
  return text.includes("://") ? text.replace(URL_PASSWORD, `$1:${MASK}@`) : text;
}

/** A value as JSON, without the passwords of URLs, whatever field they are in. */
export function jsonWithoutPasswords(value: unknown): string {
  const json = JSON.stringify(value);
  // Rarely has a text any, and looking at each costs more than writing all.
  if (json === undefined || maskUrls(json) === json) return json ?? "null";
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "string" ? maskUrls(item) : item));
}

/** A variable's value: JSON is masked inside, anything else by the variable's name. */
export function maskVariable(key: string, value: string): string {
  if (isSensitiveKey(key)) return value === "" ? "" : MASK;
  try {
    const parsed = JSON.parse(value) as unknown;
    if (typeof parsed === "object" && parsed !== null) return JSON.stringify(maskSecrets(parsed));
  } catch {
    // Plain text.
  }
  return maskText(value);
}

/** A connection's extra: JSON is masked inside, any other text as a whole. */
export function maskExtra(extra: string): string {
  try {
    const parsed = JSON.parse(extra) as unknown;
    if (typeof parsed === "object" && parsed !== null) return JSON.stringify(maskSecrets(parsed));
  } catch {
    // Not JSON.
  }
  return extra === "" ? "" : MASK;
}

/**
 * Undoes masking in a text that was shown masked, edited, and sent back: what still is what masking made of the
 * earlier value gets that value again.
 */
export function restoreMaskedText(next: string, previous: string, mask: (text: string) => string): string {
  if (next === mask(previous)) return previous;
  try {
    return JSON.stringify(restoreMasked(JSON.parse(next), JSON.parse(previous)));
  } catch {
    return restoreMaskedUrls(next, previous);
  }
}

/** Undoes masking in a text that is no JSON: also a URL that was edited keeps the password of its user. */
export function restoreMaskedUrls(next: string, previous: string): string {
  if (next === maskText(previous)) return previous;
  const earlier = Array.from(previous.matchAll(URL_PASSWORD), ([account, user]) => ({ account, user }));
  return next.replace(URL_PASSWORD, (account: string, user: string) => {
    const at = account === `${user}:${MASK}@` ? earlier.findIndex((one) => one.user === user) : -1;
    return at === -1 ? account : earlier.splice(at, 1)[0]!.account;
  });
}

/** Undoes masking in a value, as `restoreMaskedText` does in a text. */
export function restoreMasked(next: unknown, previous: unknown): unknown {
  if (next === MASK && previous !== undefined) return previous;
  if (typeof next === "string" && typeof previous === "string") return restoreMaskedUrls(next, previous);
  if (Array.isArray(next) && Array.isArray(previous)) return next.map((item, at) => restoreMasked(item, previous[at]));
  if (isPlainObject(next) && isPlainObject(previous)) {
    return Object.fromEntries(
      Object.entries(next).map(([name, item]) => [
        name,
        Object.hasOwn(previous, name) ? restoreMasked(item, previous[name]) : item,
      ]),
    );
  }
  return next;
}

function maskAll(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(maskAll);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskAll(item)]));
  }
  return MASK;
}
