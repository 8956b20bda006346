// A task that decides: `if` runs one of two tasks by a boolean, `switch` one of several; what is not taken is skipped.
// The last task runs whichever way was taken, because its trigger rule does not mind skipped tasks above it.
import { Dag } from "daisy";

const dag = new Dag("example_branch", { description: "Some tasks run and others are skipped", tags: ["example"] });

const count = dag.task("count", async () => 12)();

const report = dag.task("report", async () => console.log("There is something to do"))();
const rest = dag.task("rest", async () => console.log("There is nothing to do"))();
dag
  .if(async ({ count }: { count: number }) => count > 0, { count }, { taskId: "anything" })
  .then(report)
  .else(rest);

const small = dag.task("small", async () => console.log("A small batch"))();
const large = dag.task("large", async () => console.log("A large batch"))();
dag
  .switch(async ({ count }: { count: number }) => (count < 100 ? small : large), { count }, { taskId: "pick_size" })
  .case(small)
  .case(large);

dag
  .task("done", async () => undefined, { triggerRule: "none_failed_min_one_success" })()
  .after(report, rest, small, large);
