// A DAG that catches up runs once for each day that was missed, but tells of the last one only. In runs that a user
// starts, nothing is skipped.
import { Dag, latestOnly } from "daisy";

const dag = new Dag("example_latest_only", {
  schedule: "@daily",
  description: "Only the latest run tells",
  tags: ["example"],
});

const load = dag.task("load", async () => console.log("Loaded the day"))();
const latest = dag.task("latest_only", latestOnly())().after(load);
dag
  .task("tell", async () => console.log("The data is up to date"))()
  .after(latest);
