import { listXComs } from "#core/database/console-xcoms.ts";
import type { Page, XComAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";
import { showXCom } from "../show/show-xcom.ts";

/** What a task instance left for others, without the values. */
export const listXComsHandler: Handler = async (call): Promise<Page<"xcom_entries", XComAnswer>> => {
  const task = await taskInstanceOf(call);
  const xcoms = await listXComs(call.server.db, task.dag_run_id, task.task_id, task.map_index);
  return { xcom_entries: xcoms.map((xcom) => showXCom(task, xcom)), total_entries: xcoms.length };
};
