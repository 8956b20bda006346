import type { SerializedTimetable } from "#sdk/schedule.ts";
import { exactRun } from "./simple-timetables.ts";
import { exactly, isWithin, latestOf, type Timetable } from "./timetable.ts";

type Events = Extract<SerializedTimetable, { __type: "airflow.timetables.events.EventsTimetable" }>["__var"];

/** Runs at listed dates (`airflow/timetables/events.py`); without catchup, those that have passed are left out. */
export function eventsTimetable({ event_dates, restrict_to_events, _summary }: Events): Timetable {
  const dates = event_dates.map((text) => new Date(text));
  return {
    summary: _summary,
    nextRun(last, restriction, now) {
      const { earliest, catchup } = restriction;
      const from = catchup ? earliest : latestOf(now, ...(earliest === null ? [] : [earliest]));
      const event = dates.find((date) => (from === null || date >= from) && (last === null || date > last.end));
      return event !== undefined && isWithin(event, restriction) ? exactRun(event) : null;
    },
    manualInterval(runAfter) {
      if (!restrict_to_events) return exactly(runAfter);
      return exactly(dates.findLast((date) => date <= runAfter) ?? dates[0] ?? runAfter);
    },
  };
}
