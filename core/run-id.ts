import { isValidRunId } from "#sdk/ids.ts";
import { isoDate } from "#sdk/iso-date.ts";
import { RUN_TYPES, type RunType } from "#sdk/states.ts";
import { DaisyError } from "./errors.ts";

export { isoDate, RUN_TYPES, type RunType };

/** The id of a run that nobody named. */
export function runIdFor(type: RunType, date: Date): string {
  return `${type}__${isoDate(date)}`;
}

/** The type that a run id's prefix tells; manual when it tells none. */
export function runTypeOf(runId: string): RunType {
  return RUN_TYPES.find((type) => runId.startsWith(`${type}__`)) ?? "manual";
}

/** Refuses an id that breaks Airflow's pattern, and a manual run's id with the prefix of another type. */
export function checkRunId(runId: string, type: RunType): void {
  if (!isValidRunId(runId)) {
    throw new DaisyError("RUN_ID_INVALID", runId, "letters, digits and _.~:+- only, without .., at most 250");
  }
  const told = runTypeOf(runId);
  if (type === "manual" && told !== "manual") {
    throw new DaisyError("RUN_ID_INVALID", runId, `the prefix ${told}__ is reserved for ${told} runs`);
  }
}
