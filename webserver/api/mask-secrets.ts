import type { Json } from "../protocol.ts";

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
const MASK = "***";
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
export function maskSecrets(value: unknown, key?: string): Json {
  if (key !== undefined && isSensitiveKey(key) && value !== null && value !== "") return maskAll(value);
  if (typeof value === "string") return maskText(value);
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskSecrets(item, name)]));
  }
  return (value ?? null) as Json;
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

function maskAll(value: unknown): Json {
  if (Array.isArray(value)) return value.map(maskAll);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskAll(item)]));
  }
  return MASK;
}
