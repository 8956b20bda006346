import { isPlainObject, type JsonValue } from "#sdk/json.ts";

/** Airflow's list of what makes a key's value a secret (`airflow/sdk/_shared/secrets_masker`). */
const SENSITIVE_WORDS = [
  "access_token",
  "api_key",
  "apikey",
  "authorization",
  "connection_string",
  "access_key",
  "keyfile_dict",
  "passphrase",
  "passwd",
  "password",
  "private_key",
  "secret",
  "service_account",
  "token",
];
/** What stands for a secret. */
export const MASK = "***";
/** `scheme://user:password@host`, wherever it stands in a text. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*:)[^\s@/?#]+@/gi;

export function isSensitiveKey(key: string): boolean {
  const lower = key.trim().toLowerCase();
  return SENSITIVE_WORDS.some((word) => lower.includes(word));
}

/**
 * The one place through which user values leave the server: everything under a key that sounds like a secret becomes
 * `***`, at any depth, and so does a password inside a URL.
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

/** Masks the passwords of URLs in a text, such as a stack trace or a log line. */
export function maskText(text: string): string {
  return text.includes("://") ? text.replace(URL_PASSWORD, `$1${MASK}@`) : text;
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
    return next;
  }
}

function restoreMasked(next: unknown, previous: unknown): unknown {
  if (next === MASK && previous !== undefined) return previous;
  if (typeof next === "string" && typeof previous === "string") return next === maskText(previous) ? previous : next;
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
