// Tasks that wait for a moment. With `deferrable` they hold no slot of a worker meanwhile.
import { Dag, dateTimeSensor, dayOfWeekSensor, timeDeltaSensor, timeSensor } from "daisy";

const dag = new Dag("example_time_sensors", { description: "Waits for moments", tags: ["example"] });

const done = dag.task("done", async () => console.log("All the moments have come"))();

done.after(
  // Half a second after the run's data interval has ended.
  dag.task("half_a_second_later", timeDeltaSensor({ delta: 0.5, deferrable: true }))(),
  // A template: the moment that the run is for.
  dag.task("run_is_due", dateTimeSensor({ targetTime: "{{ logical_date }}" }))(),
  // On the day on which the wait begins.
  dag.task("midnight_is_over", timeSensor({ targetTime: "00:00", timezone: "Europe/Zurich" }))(),
  dag.task(
    "any_day",
    dayOfWeekSensor({ weekDay: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] }),
  )(),
);
