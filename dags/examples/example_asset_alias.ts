// Assets that are only known while a task runs: it adds them under an alias, and a DAG that is scheduled on the alias, as
// `schedule: new AssetAlias({ name: "example_reports" })`, gets their events.
import { Asset, AssetAlias, Dag, getContext } from "daisy";

const reports = new AssetAlias({ name: "example_reports" });

const dag = new Dag("example_asset_alias", { description: "Names its assets as it runs", tags: ["example"] });

dag.task(
  "write_reports",
  async () => {
    for (const city of ["paris", "rome"]) {
      const report = new Asset({ name: `example_report_${city}`, uri: `file:///tmp/example_report_${city}` });
      getContext().outletEvents(reports).add(report, { city });
    }
  },
  { outlets: reports },
)();
