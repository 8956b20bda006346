// A task group: its tasks carry its id as a prefix, and an edge to it is an edge to its first tasks.
import { Dag } from "daisy";

const dag = new Dag("example_task_group", { description: "Parts that are summed up", tags: ["example"] });

const start = dag.task("start", async () => undefined)();

const parts = dag.taskGroup("parts");
const one = parts.task("one", async () => 1)();
const two = parts.task("two", async () => 2)();

start.before(parts);

dag.task("sum", async ({ one, two }: { one: number; two: number }) => one + two)({ one, two });
