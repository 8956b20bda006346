// Days that build on each other: `load` runs only when it succeeded or was skipped in the run before, and `prepare` only
// when what comes directly after it, `load`, is done there as well. The first run has nothing to wait for.
import { Dag } from "daisy";

const dag = new Dag("example_depends_on_past", {
  description: "Each day builds on the day before",
  schedule: "@daily",
  startDate: new Date("2024-01-01T00:00:00Z"),
  tags: ["example"],
});

const prepare = dag.task("prepare", async () => console.log("Prepared"), { waitForDownstream: true })();
const load = dag
  .task("load", async () => console.log("Loaded"), { dependsOnPast: true })()
  .after(prepare);
dag
  .task("tell", async () => console.log("Told, whatever became of the day before"))()
  .after(load);
