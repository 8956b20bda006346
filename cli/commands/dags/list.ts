import { listImportErrors } from "#core/database/console-lists.ts";
import { defineCommand } from "../../command.ts";
import { allDags } from "../../dag-queries.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withDatabase } from "../../services.ts";
import { NO_SUBDIR } from "../../subdir.ts";
import { noteUnreadFiles } from "../../unread-files.ts";

export const command = defineCommand({
  summary: "List all the DAGs",
  flags: { output: OUTPUT_FLAG },
  refused: NO_SUBDIR,
  async run({ console, flags }) {
    await withDatabase(async (db, config) => {
      const dags = await allDags(db);
      const rows = dags.map(({ dag_id, fileloc, owners, is_paused }) => ({ dag_id, fileloc, owners, is_paused }));
      printRows(console, rows, flags.output);
      if ((await listImportErrors(db)).length > 0)
        console.complain("Error: Failed to load all files. For details, run `airflow dags list-import-errors`");
      await noteUnreadFiles(db, config, console);
    });
  },
});
