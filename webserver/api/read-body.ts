import { isPlainObject } from "#sdk/json.ts";
import { ApiError, invalid } from "./api-error.ts";

/** A request's JSON object; 422 when it is none, or names a field that is not known. */
export function readBody(body: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isPlainObject(body)) {
    throw invalid(["body"], "model_attributes_type", "Input should be a valid dictionary or object", body ?? null);
  }
  const unknown = Object.keys(body).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new ApiError(
      422,
      unknown.map((key) => ({
        type: "extra_forbidden",
        loc: ["body", key],
        msg: "Extra inputs are not permitted",
        input: body[key],
      })),
    );
  }
  return body;
}
