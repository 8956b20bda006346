import type { ConnectionResult } from "../client.ts";
import { AirflowFailException } from "../errors.ts";
import { isPlainObject } from "../json.ts";

/** A connection's `extra` as an object; empty when there is none. Fails the task for good when it is no JSON object. */
export function readExtra({ id, extra }: ConnectionResult): Record<string, unknown> {
  if (!extra) return {};
  try {
    const value: unknown = JSON.parse(extra);
    if (isPlainObject(value)) return value;
  } catch {
    // Told below, without the text: it may hold secrets.
  }
  throw new AirflowFailException(`The extra of connection "${id}" must be a JSON object`);
}
