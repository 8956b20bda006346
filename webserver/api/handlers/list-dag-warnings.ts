import { DAG_WARNING_ORDER, DAG_WARNING_TYPES, listDagWarnings } from "#core/database/dag-warnings.ts";
import type { DagWarningAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readPage, readString, readWords } from "../read-query.ts";

export const listDagWarningsHandler: Handler = async ({
  server,
  query,
}): Promise<Page<"dag_warnings", DagWarningAnswer>> => {
  const { rows, total } = await listDagWarnings(
    server.db,
    { dagId: readString(query, "dag_id"), type: readWords(query, "warning_type", DAG_WARNING_TYPES).at(-1) },
    readPage(query, DAG_WARNING_ORDER, "dag_id"),
  );
  return {
    dag_warnings: rows.map((row) => ({
      dag_id: row.dag_id,
      dag_display_name: row.dag_display_name ?? row.dag_id,
      warning_type: row.warning_type,
      message: row.message,
      timestamp: row.timestamp.toISOString(),
    })),
    total_entries: total,
  };
};
