// A task that brings an asset up to date. When it has succeeded, DAGs that wait for the asset get a run.
import { Asset, Dag, getContext } from "daisy";

const rows = new Asset({ name: "example_rows", uri: "file:///tmp/example_rows" });

const dag = new Dag("example_asset_producer", { description: "Brings an asset up to date", tags: ["example"] });

dag.task(
  "write_rows",
  async () => {
    // Told to those who wait, with the event.
    getContext().outletEvents(rows).extra = { rows: 3 };
  },
  { outlets: rows },
)();
