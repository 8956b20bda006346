import type { SerializedTimetable } from "#sdk/schedule.ts";

/** Those whose class in Airflow says `periodic = False`: they have no dates of their own. */
const NOT_PERIODIC = ["NullTimetable", "OnceTimetable", "ContinuousTimetable", "AssetTriggeredTimetable"];

/** Whether a schedule says by itself which past dates it has, so that they can be backfilled. */
export function isPeriodic({ __type, __var }: SerializedTimetable): boolean {
  // AssetOrTimeSchedule has the dates of the schedule that is in it.
  if ("timetable" in __var) return isPeriodic(__var.timetable);
  return !NOT_PERIODIC.includes(__type.slice(__type.lastIndexOf(".") + 1));
}
