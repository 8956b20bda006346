import type { TaskSpec } from "./specs.ts";

/**
 * Who is told of a task's failures, in Airflow's serialized form; nothing when nobody is.
 * @param label such as `task "T" of Dag "D"`
 */
export function serializeEmail(label: string, { email, emailOnFailure = true, emailOnRetry = true }: TaskSpec) {
  if (email === undefined) return {};
  const isList = Array.isArray(email) && email.every((address) => typeof address === "string");
  if (typeof email !== "string" && !isList) {
    throw new Error(`email for ${label} must be a string or an array of strings`);
  }
  for (const [name, flag] of Object.entries({ emailOnFailure, emailOnRetry })) {
    if (typeof flag !== "boolean") throw new Error(`${name} for ${label} must be a boolean`);
  }
  if (email.length === 0) return {};
  return {
    email,
    ...(!emailOnFailure && { email_on_failure: false }),
    ...(!emailOnRetry && { email_on_retry: false }),
  };
}
