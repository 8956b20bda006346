const KEY = /^[\p{L}\p{N}_.-]+$/u;
const RUN_ID = /^[A-Za-z0-9_.~:+-]+$/;
const MAX_ID_LENGTH = 250;
/** Names of JavaScript's own and of folders, which ids become. */
const RESERVED = ["__proto__", "."];

/**
 * Checks a DAG or task id against Airflow's rule (`validate_key`): letters, digits, dashes, dots and underscores,
 * at most 250 characters. `..` is refused as well, because ids become folder names of logs, and so is what means
 * something else where ids become names of fields.
 */
export function checkKey(what: string, id: string): void {
  if (typeof id !== "string" || id === "") throw new Error(`${what} must be a non-empty string`);
  const length = [...id].length;
  if (length > MAX_ID_LENGTH) {
    throw new Error(`${what} "${id}" has ${length} characters; at most ${MAX_ID_LENGTH} are allowed`);
  }
  if (!KEY.test(id) || id.includes("..")) {
    throw new Error(`${what} "${id}" has to be made of letters, digits, dashes, dots and underscores`);
  }
  if (RESERVED.includes(id)) throw new Error(`${what} "${id}" is a reserved name`);
}

/** Whether a run id satisfies Airflow's default `allowed_run_id_pattern`, and cannot climb out of a folder. */
export function isValidRunId(runId: string): boolean {
  return runId.length <= MAX_ID_LENGTH && RUN_ID.test(runId) && !runId.includes("..");
}
