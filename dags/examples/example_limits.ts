// How tasks share what is there: the slots of a pool, how many of one task may run at once, and which of those that wait
// goes first. Pools are made in the console or by `airflow pools set`.
import { Dag } from "daisy";

const dag = new Dag("example_limits", {
  description: "Tasks that share slots",
  tags: ["example"],
  // Of each run of this DAG at once.
  maxActiveTasks: 4,
});

// Takes two of the pool's slots, and goes first.
dag.task("large", async () => console.log("Large"), {
  pool: "default_pool",
  poolSlots: 2,
  priorityWeight: 10,
  weightRule: "absolute",
})();

// Of its five instances at most two run at once, in all runs together.
dag
  .task("small", async ({ n }: { n: number }) => console.log(`Small ${n}`), { maxActiveTisPerDag: 2 })
  .expand({ n: [1, 2, 3, 4, 5] });
