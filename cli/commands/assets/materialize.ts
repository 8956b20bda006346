import { listProducers } from "#core/database/console-assets.ts";
import { findRunRow } from "#core/database/console-runs.ts";
import { materializeAsset } from "#core/database/materialize-asset.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import { ASSET_FLAGS, describeAsset } from "../../assets.ts";
import { defineCommand } from "../../command.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withDatabase } from "../../services.ts";

export const command = defineCommand({
  summary: "Materialize an asset: run the DAG that brings it up to date",
  flags: { ...ASSET_FLAGS, output: OUTPUT_FLAG },
  async run({ console, flags }) {
    const what = describeAsset(flags);
    await withDatabase(async (db) => {
      const [dagId, another] = await listProducers(db, { name: flags.name, uri: flags.uri });
      if (dagId === undefined) throw new DaisyError("ASSET_NOT_FOUND", what);
      if (another !== undefined) {
        throw new DaisyError("ASSET_AMBIGUOUS", `More than one DAG materializes asset with ${what}.`);
      }
      const runId = await materializeAsset(db, dagId, "cli");
      await recordEvent(db, { event: "cli_asset_materialize", dagId, runId });
      const run = (await findRunRow(db, dagId, runId))!;
      const row = {
        dag_run_id: run.run_id,
        dag_id: run.dag_id,
        logical_date: run.logical_date,
        run_after: run.run_after,
        run_type: run.run_type,
        state: run.state,
        triggered_by: run.triggered_by,
        conf: JSON.stringify(run.conf),
      };
      printRows(console, [row], flags.output);
    });
  },
});
