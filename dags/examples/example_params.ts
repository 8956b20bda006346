import { Dag, getContext, param } from "daisy";

/** Params: the console's trigger dialog asks for them, and values that do not fit are refused. */
const dag = new Dag("example_params", {
  tags: ["example"],
  params: {
    region: param("eu", { enum: ["eu", "us"], description: "Where the rows come from" }),
    rows: param(100, { type: "integer", minimum: 1, maximum: 1000, description: "How many rows" }),
    dry_run: param(true, { type: "boolean", title: "Dry run" }),
  },
});

dag.task("show", async () => {
  const { region, rows, dry_run: dryRun } = getContext().params;
  console.log(`${rows} rows of ${region}${dryRun ? ", only to look" : ""}`);
})();
