// A task that asks a human before the next one may run. Answer in the console under Required Actions.
import { Dag } from "daisy";
import { approval } from "daisy/hitl";

const dag = new Dag("example_approval", { description: "A human says whether it goes on", tags: ["example"] });

const count = dag.task("count", async () => 3)();

const signOff = dag.task(
  "sign_off",
  approval({
    subject: ({ rows }: { rows: number }) => `Publish ${rows} rows?`,
    body: "Nobody has to answer: after five seconds it is approved.",
    defaults: "Approve",
    responseTimeout: 5,
  }),
)({ rows: count });

// Skipped after a rejection.
dag
  .task("publish", async () => console.log("Published"))()
  .after(signOff);
