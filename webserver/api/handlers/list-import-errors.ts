import { listImportErrors } from "#core/database/console-lists.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import type { ImportErrorAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { BUNDLE_NAME } from "../show/show-dag.ts";

export const listImportErrorsHandler: Handler = async ({
  server,
}): Promise<Page<"import_errors", ImportErrorAnswer>> => {
  const errors = await listImportErrors(server.db);
  return {
    import_errors: errors.map((error) => ({
      import_error_id: error.id,
      timestamp: error.timestamp.toISOString(),
      filename: error.fileloc,
      bundle_name: BUNDLE_NAME,
      stack_trace: maskText(error.stack_trace),
    })),
    total_entries: errors.length,
  };
};
