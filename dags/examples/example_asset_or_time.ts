// A DAG that runs every night, and whenever an asset has been brought up to date in between.
import { Asset, assetOrTime, Dag } from "daisy";

const rows = new Asset({ name: "example_rows", uri: "file:///tmp/example_rows" });

const dag = new Dag("example_asset_or_time", {
  description: "Runs at night and when an asset is up to date",
  schedule: assetOrTime("0 0 * * *", rows),
  tags: ["example"],
});

dag.task("report", async () => console.log("Up to date"), { inlets: rows })();
