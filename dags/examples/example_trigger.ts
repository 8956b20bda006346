// A task that starts a run of another DAG, and waits until it has succeeded.
import { Dag, triggerDagRun } from "daisy";

const dag = new Dag("example_trigger", { description: "One DAG runs another", tags: ["example"] });

const greet = dag.task(
  "greet",
  triggerDagRun({
    dagId: "example_greet",
    conf: { from: "example_trigger" },
    waitForCompletion: true,
    pokeInterval: 1,
  }),
)();

dag
  .task("greeted", async () => console.log("It has greeted"))()
  .after(greet);
