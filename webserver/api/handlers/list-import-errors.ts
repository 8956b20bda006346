import { IMPORT_ERROR_ORDER, listImportErrorsPage } from "#core/database/console-lists.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import type { ImportErrorAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readPage, readString } from "../read-query.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { BUNDLE_NAME } from "../show/show-dag.ts";

const REFUSED = ["bundle_name", ...prefixPatterns("filename")];

export const listImportErrorsHandler: Handler = async ({
  server,
  query,
}): Promise<Page<"import_errors", ImportErrorAnswer>> => {
  refuseFilters(query, REFUSED);
  const { rows, total } = await listImportErrorsPage(
    server.db,
    { filenamePattern: readString(query, "filename_pattern"), filename: readString(query, "filename") },
    readPage(query, IMPORT_ERROR_ORDER, "id"),
  );
  return {
    import_errors: rows.map((error) => ({
      import_error_id: error.id,
      timestamp: error.timestamp.toISOString(),
      filename: error.fileloc,
      bundle_name: BUNDLE_NAME,
      stack_trace: maskText(error.stack_trace),
    })),
    total_entries: total,
  };
};
