// Runs that are for a span of time: each is due when its day is over, and its task is told the day. Airflow 2 ran all
// schedules so; a plain `schedule: "@daily"` runs at midnight and is for no span.
import { cronDataInterval, Dag, getContext } from "daisy";

const dag = new Dag("example_data_intervals", {
  description: "Each run is for the day before it",
  schedule: cronDataInterval("@daily", { timezone: "Europe/Zurich" }),
  startDate: new Date("2024-01-01T00:00:00Z"),
  tags: ["example"],
});

dag.task("load_day", async () => {
  const { dataIntervalStart, dataIntervalEnd } = getContext();
  console.log(`Rows from ${dataIntervalStart?.toISOString()} until ${dataIntervalEnd?.toISOString()}`);
})();
