/** A timetable in Airflow's serialized form. */
export type SerializedTimetable =
  | { readonly __type: "airflow.timetables.simple.NullTimetable"; readonly __var: Record<string, never> }
  | { readonly __type: "airflow.timetables.simple.OnceTimetable"; readonly __var: Record<string, never> }
  | { readonly __type: "airflow.timetables.simple.ContinuousTimetable"; readonly __var: Record<string, never> }
  | {
      readonly __type: "airflow.timetables.trigger.CronTriggerTimetable";
      readonly __var: {
        readonly expression: string;
        readonly timezone: string;
        readonly interval: number;
        readonly run_immediately: boolean;
      };
    };

/** Airflow's presets and the cron expressions they stand for. */
export const CRON_PRESETS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@quarterly": "0 0 1 */3 *",
  "@yearly": "0 0 1 1 *",
};

const NAME = "[A-Za-z]{3}";
const CRON_FIELD = new RegExp(`^(?:[\\d*,/?LW#-]+|${NAME}(?:-${NAME})?(?:,${NAME}(?:-${NAME})?)*)$`);

/**
 * Reads what a user may write as `schedule` and gives the serialized timetable. Cron is in UTC; a sixth field is
 * seconds, last, as in croniter. Checks the shape only: the DAG processor also checks the ranges.
 */
export function parseSchedule(dagId: string, schedule: unknown): SerializedTimetable {
  if (schedule === undefined || schedule === null)
    return { __type: "airflow.timetables.simple.NullTimetable", __var: {} };
  if (typeof schedule !== "string") {
    throw new Error(
      `schedule for Dag "${dagId}" must be "@once", "@continuous", or a cron expression; ` +
        "an object schedule names a Python object this SDK cannot serialize",
    );
  }
  const text = schedule.trim();
  if (text === "") throw new Error(`schedule for Dag "${dagId}" is empty; leave it unset for a Dag with no schedule`);
  if (text === "@once") return { __type: "airflow.timetables.simple.OnceTimetable", __var: {} };
  if (text === "@continuous") return { __type: "airflow.timetables.simple.ContinuousTimetable", __var: {} };
  return {
    __type: "airflow.timetables.trigger.CronTriggerTimetable",
    __var: { expression: cronExpression(dagId, text), timezone: "UTC", interval: 0, run_immediately: false },
  };
}

function cronExpression(dagId: string, text: string): string {
  const preset = CRON_PRESETS[text];
  if (preset !== undefined) return preset;
  const fields = text.split(/\s+/);
  if ((fields.length === 5 || fields.length === 6) && fields.every((field) => CRON_FIELD.test(field))) return text;
  throw new Error(
    `schedule "${text}" for Dag "${dagId}" is not a cron expression or a preset ` +
      "(@hourly, @daily, @weekly, @monthly, @quarterly, @yearly, @once, @continuous); " +
      "a schedule the scheduler cannot parse would leave the Dag unschedulable",
  );
}
