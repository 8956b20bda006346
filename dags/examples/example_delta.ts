// A run every so many seconds, counted from the start date.
import { Dag, deltaTrigger } from "daisy";

const dag = new Dag("example_delta", {
  description: "Every fifteen minutes",
  schedule: deltaTrigger(15 * 60),
  startDate: new Date("2024-01-01T00:00:00Z"),
  // Runs may overlap, but no more than two.
  maxActiveRuns: 2,
  tags: ["example"],
});

dag.task("look", async () => console.log("All is well"))();
