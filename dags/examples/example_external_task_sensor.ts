// Waits for a run of another DAG with the same logical date; skipped when there is none in time.
import { Dag, externalTaskSensor } from "daisy";

const dag = new Dag("example_external_task_sensor", {
  description: "Goes on when another DAG has greeted",
  tags: ["example"],
});

const greeted = dag.task(
  "greeted",
  externalTaskSensor({
    externalDagId: "example_greet",
    failedStates: ["failed"],
    timeout: 2,
    pokeInterval: 1,
    softFail: true,
  }),
)();

dag
  .task("answer", async () => console.log("Hello to you too"))()
  .after(greeted);
