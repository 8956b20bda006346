// A DAG that runs when an asset has been brought up to date, by whichever DAG.
import { Asset, Dag, getClient } from "daisy";

const rows = new Asset({ name: "example_rows", uri: "file:///tmp/example_rows" });

const dag = new Dag("example_asset_consumer", {
  description: "Runs when an asset is up to date",
  // An array means all of its assets; assetAny(…) and assetAll(…) can be nested.
  schedule: [rows],
  tags: ["example"],
});

dag.task("read_rows", async () => {
  for (const { asset, extra, sourceDagId } of await getClient().getTriggeringAssetEvents()) {
    console.log(`${sourceDagId} has written ${asset.name}: ${JSON.stringify(extra)}`);
  }
})();
