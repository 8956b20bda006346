import type { SerializedTimetable } from "#sdk/schedule.ts";
import { Cron } from "./cron.ts";
import { Delta } from "./delta.ts";
import { eventsTimetable } from "./events-timetable.ts";
import { cronDataInterval, deltaDataInterval } from "./interval-timetables.ts";
import { ASSET_TIMETABLE, CONTINUOUS_TIMETABLE, NULL_TIMETABLE, ONCE_TIMETABLE } from "./simple-timetables.ts";
import type { Timetable } from "./timetable.ts";
import { cronTrigger, deltaTrigger, multipleCronTrigger } from "./trigger-timetables.ts";

/**
 * Makes the timetable of a serialized DAG. Throws for a cron expression that is not acceptable, a length that is not
 * positive, and a type that Daisy does not know.
 */
export function readTimetable(serialized: SerializedTimetable): Timetable {
  switch (serialized.__type) {
    case "airflow.timetables.simple.NullTimetable":
      return NULL_TIMETABLE;
    case "airflow.timetables.simple.OnceTimetable":
      return ONCE_TIMETABLE;
    case "airflow.timetables.simple.ContinuousTimetable":
      return CONTINUOUS_TIMETABLE;
    case "airflow.timetables.trigger.CronTriggerTimetable": {
      const { expression, timezone, interval, run_immediately } = serialized.__var;
      return cronTrigger(new Cron(expression, timezone), { interval, runImmediately: run_immediately });
    }
    case "airflow.timetables.trigger.MultipleCronTriggerTimetable": {
      const { expressions, timezone, interval, run_immediately } = serialized.__var;
      const crons = expressions.map((expression) => new Cron(expression, timezone));
      return multipleCronTrigger(crons, { interval, runImmediately: run_immediately });
    }
    case "airflow.timetables.trigger.DeltaTriggerTimetable":
      return deltaTrigger(new Delta(serialized.__var.delta), serialized.__var.interval);
    case "airflow.timetables.interval.CronDataIntervalTimetable":
      return cronDataInterval(new Cron(serialized.__var.expression, serialized.__var.timezone));
    case "airflow.timetables.interval.DeltaDataIntervalTimetable":
      return deltaDataInterval(new Delta(serialized.__var.delta));
    case "airflow.timetables.events.EventsTimetable":
      return eventsTimetable(serialized.__var);
    case "airflow.timetables.simple.AssetTriggeredTimetable":
      return ASSET_TIMETABLE;
    case "airflow.timetables.assets.AssetOrTimeSchedule": {
      // By time, it is what the timetable in it is.
      const time = readTimetable(serialized.__var.timetable);
      return { ...time, summary: `Asset or ${time.summary}` };
    }
    default:
      throw new Error(`the timetable ${JSON.stringify((serialized as { __type: unknown }).__type)} is not supported`);
  }
}
