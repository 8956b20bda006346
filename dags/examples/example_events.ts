// Runs at dates that no rule gives.
import { Dag, events } from "daisy";

const dag = new Dag("example_events", {
  description: "At the kick-offs of two finals",
  schedule: events([new Date("2030-06-14T19:00:00Z"), new Date("2030-07-14T19:00:00Z")], { description: "Finals" }),
  tags: ["example"],
});

dag.task("watch", async () => console.log("It has begun"))();
