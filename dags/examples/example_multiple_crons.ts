// Several cron expressions: early on workdays, later at weekends, as the clocks of Zurich show it.
import { Dag, multipleCronTrigger } from "daisy";

const dag = new Dag("example_multiple_crons", {
  description: "Earlier on workdays than at weekends",
  schedule: multipleCronTrigger(["0 6 * * MON-FRI", "30 9 * * SAT,SUN"]),
  timezone: "Europe/Zurich",
  tags: ["example"],
});

dag.task("wake", async () => console.log("Good morning"))();
