import { invalid } from "./api-error.ts";
import { readBody } from "./read-body.ts";
import { readRequiredText, readText } from "./read-fields.ts";

/** A variable from a request's body; a value that is no text becomes JSON. 422 when a field is wrong. */
export function readVariable(input: unknown): { key: string; value: string; description: string | null } {
  const body = readBody(input, ["key", "value", "description", "team_name"]);
  const key = readRequiredText(body, "key", { maxLength: 250 });
  const { value } = body;
  if (value === undefined) throw invalid(["body", "value"], "missing", "Field required", { key });
  const text = typeof value === "string" ? readText(body, "value")! : JSON.stringify(value);
  return { key, value: text, description: readText(body, "description") };
}
