// A task that ends the run's way when there is nothing to go on with: everything after it is skipped. With
// `ignoreDownstreamTriggerRules: false` only the tasks directly after it are, and the trigger rules decide about the rest.
import { Dag, shortCircuit } from "daisy";

const dag = new Dag("example_short_circuit", { description: "No rows, no report", tags: ["example"] });

const rows = dag.task("rows", async () => [] as string[])();

const anyRows = dag.task(
  "any_rows",
  shortCircuit(async ({ rows }: { rows: string[] }) => rows),
)({ rows });
const report = dag.task("report", async () => console.log("There are rows"))();
const send = dag.task("send", async () => console.log("Sent"), { triggerRule: "all_done" })();
anyRows.before(report);
report.before(send);

const easily = dag.task(
  "any_rows_easily",
  shortCircuit(async ({ rows }: { rows: string[] }) => rows.length > 0, { ignoreDownstreamTriggerRules: false }),
)({ rows });
const summary = dag.task("summary", async () => console.log("There are rows"))();
const tidyUp = dag.task("tidy_up", async () => console.log("Tidied up, whatever came before"), {
  triggerRule: "all_done",
})();
easily.before(summary);
summary.before(tidyUp);
