// Values that belong to an asset and outlive runs: here up to which row the runs before have read.
import { Asset, Dag, getClient } from "daisy";

const rows = new Asset({ name: "example_counted_rows" });

const dag = new Dag("example_asset_state", { description: "Goes on where the last run stopped", tags: ["example"] });

dag.task(
  "read_new_rows",
  async () => {
    const state = getClient().assetStateStore.forAsset(rows);
    const first = (await state.get<number>("next")) ?? 0;
    console.log(`Rows from ${first} on`);
    await state.set("next", first + 100);
  },
  { inlets: rows },
)();
