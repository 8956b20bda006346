import { listImportErrors } from "#core/database/console-lists.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import { defineCommand } from "../../command.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withDatabase } from "../../services.ts";
import { NO_SUBDIR } from "../../subdir.ts";

export const command = defineCommand({
  summary: "List all the DAG files that cannot be loaded, and why",
  flags: { output: OUTPUT_FLAG },
  refused: NO_SUBDIR,
  async run({ console, flags }) {
    const errors = await withDatabase(listImportErrors);
    printRows(
      console,
      errors.map((error) => ({ filepath: error.fileloc, error: maskText(error.stack_trace) })),
      flags.output,
    );
    return errors.length > 0 ? 1 : 0;
  },
});
