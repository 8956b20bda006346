import { listXComs } from "#core/database/console-xcoms.ts";
import { maskSecrets } from "#core/secrets/mask-secrets.ts";
import type { XComValueAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";
import { readBoolean } from "../read-query.ts";
import { showXCom } from "../show/show-xcom.ts";

/** One value: as a JSON text or, with `stringify=false`, as JSON. */
export const getXCom: Handler = async (call): Promise<XComValueAnswer> => {
  const task = await taskInstanceOf(call);
  const { key } = call.params;
  const xcoms = await listXComs(call.server.db, task.dag_run_id, task.task_id, task.map_index);
  const xcom = xcoms.find((entry) => entry.key === key);
  if (xcom === undefined) throw new ApiError(404, `XCom entry with key: \`${key}\` not found`);
  const value = maskSecrets(xcom.value, xcom.key);
  const stringify = readBoolean(call.query, "stringify") ?? true;
  return { ...showXCom(task, xcom), value: stringify ? JSON.stringify(value) : value };
};
