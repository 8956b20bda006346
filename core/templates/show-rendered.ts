import type { JsonValue } from "#sdk/json.ts";
import { maskSecrets } from "../secrets/mask-secrets.ts";
import { pythonRepr, pythonText } from "./python-text.ts";

const TRUNCATED = "Truncated. You can change this behaviour in [core]max_templated_field_length. ";

/**
 * Rendered fields as they are stored and shown: without secrets, and long ones cut (Airflow's
 * `serialize_template_field`).
 * @param maxLength of a field's text
 * @param mask hides the secrets that the templates were given
 */
export function showRendered(
  fields: Readonly<Record<string, unknown>>,
  maxLength: number,
  mask: (text: string) => string,
): Record<string, JsonValue> {
  const entries = Object.entries(maskRendered(fields, mask)).map(([name, shown]): [string, JsonValue] => {
    const text = pythonText(shown);
    if (text.length <= maxLength) return [name, shown];
    const kept = Math.max(maxLength - TRUNCATED.length - 1, 0);
    return [name, `${TRUNCATED}${pythonRepr(text.slice(0, kept))}... `];
  });
  return Object.fromEntries(entries);
}

/** Rendered fields without secrets. */
export function maskRendered(
  fields: Readonly<Record<string, unknown>>,
  mask: (text: string) => string,
): Record<string, JsonValue> {
  const entries = Object.entries(fields).map(([name, value]) => [name, maskTexts(maskSecrets(value, name), mask)]);
  return Object.fromEntries(entries) as Record<string, JsonValue>;
}

function maskTexts(value: JsonValue, mask: (text: string) => string): JsonValue {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item) => maskTexts(item, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskTexts(item, mask)]));
}
