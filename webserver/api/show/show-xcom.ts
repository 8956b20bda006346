import type { XComRow } from "#core/database/console-xcoms.ts";
import { maskSecrets } from "#core/secrets/mask-secrets.ts";
import type { XComAnswer, XComValueAnswer } from "../../protocol.ts";
import { showInstant } from "./show-instant.ts";

/** An XCom as Airflow's API answers it, without its value. */
export function showXCom(row: XComRow): XComAnswer {
  return {
    key: row.key,
    timestamp: row.timestamp.toISOString(),
    logical_date: showInstant(row.logical_date),
    map_index: row.map_index,
    task_id: row.task_id,
    task_display_name: row.task_id,
    dag_id: row.dag_id,
    dag_display_name: row.dag_display_name ?? row.dag_id,
    run_id: row.run_id,
    run_after: row.run_after.toISOString(),
  };
}

/** The same with the value: as JSON, or as a JSON text. */
export function showXComValue(row: XComRow, { asText = false }: { readonly asText?: boolean } = {}): XComValueAnswer {
  const value = maskSecrets(row.value, row.key);
  return { ...showXCom(row), value: asText ? JSON.stringify(value) : value };
}
