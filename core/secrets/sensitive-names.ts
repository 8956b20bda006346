import { maskingSettings } from "./masking-settings.ts";

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
  "proxy",
  "proxies",
  "secret",
  "service_account",
  "token",
];
/** What stands for a secret. */
export const MASK = "***";

/** Whether what is kept under a name is a secret, by Airflow's words and those of `sensitive_var_conn_names`. */
export function isSensitiveKey(key: string): boolean {
  const { byName, moreNames } = maskingSettings();
  if (!byName) return false;
  const lower = key.trim().toLowerCase();
  const has = (word: string) => lower.includes(word);
  return SENSITIVE_WORDS.some(has) || moreNames.some(has);
}
