import { findNonJson } from "#sdk/json.ts";

/** An XCom is for handing over small values. */
const MAX_BYTES = 1024 * 1024;

/**
 * A value as JSON text. Throws when JSON cannot carry it or it is larger than 1 MiB.
 * @param what the value's name in the message
 */
export function jsonText(value: unknown, what: string): string {
  const wrong = findNonJson(value);
  if (wrong !== undefined) {
    throw new TypeError(
      `${what} holds ${wrong}, which JSON cannot carry; expected strings, finite numbers, booleans, null, arrays and plain objects`,
    );
  }
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    throw new RangeError(
      `${what} takes ${bytes} bytes as JSON, more than the ${MAX_BYTES} an XCom may have; write it to a file and pass the path on`,
    );
  }
  return text;
}
