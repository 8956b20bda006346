// A task that chooses by ids what runs: tasks, groups, several of them, or null for nothing. What is directly after it
// and not chosen is skipped. A task that comes after a chosen one as well, as `done` here, is not skipped.
import { branch, Dag } from "daisy";

const dag = new Dag("example_branch_by_ids", { description: "Some tasks and groups run", tags: ["example"] });

const pick = dag.task(
  "pick",
  branch(async () => ["load", "checks"]),
)();
const load = dag.task("load", async () => console.log("Loaded"))();
const warn = dag.task("warn", async () => console.log("Nothing to load"))();

const checks = dag.taskGroup("checks");
const count = checks.task("count", async () => console.log("Counted"))();
checks
  .task("compare", async () => console.log("Compared"))()
  .after(count);

const done = dag.task("done", async () => console.log("Done"), { triggerRule: "none_failed_min_one_success" })();
pick.before(load, warn, checks, done);
done.after(load, warn);
