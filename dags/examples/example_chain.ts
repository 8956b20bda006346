// Order without data, and how graphs show it: `chain` draws a line, `label` writes beside an edge, `empty` is a place
// where edges meet. The group's tasks take its default arguments, which go before the DAG's.
import { chain, Dag, empty, label } from "daisy";

const dag = new Dag("example_chain", {
  description: "Edges along a line, with labels",
  tags: ["example"],
  defaultArgs: { retries: 1, retryDelay: 1 },
});

const start = dag.task("start", empty())();
const end = dag.task("end", empty())();

const tidy = dag.taskGroup("tidy", { tooltip: "Clears away what is old", defaultArgs: { retries: 2 } });
const logs = tidy.task("logs", async () => console.log("Old logs are gone"))();
const tables = tidy.task("tables", async () => console.log("Old tables are gone"))();

const check = dag.task("check", async () => console.log("Everything is there"))();
start.before(label("first look", check));
chain(check, [logs, tables], end);
