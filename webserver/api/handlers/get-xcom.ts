import { nameOf } from "#core/database/console-task-instances.ts";
import { findXComRow } from "#core/database/console-xcoms.ts";
import type { XComValueAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";
import { readBoolean } from "../read-query.ts";
import { showXComValue } from "../show/show-xcom.ts";

/** One value: as JSON or, with `stringify=true`, as a JSON text. */
export const getXCom: Handler = async (call): Promise<XComValueAnswer> => {
  const task = nameOf(await taskInstanceOf(call));
  const key = call.params.key!;
  const xcom = await findXComRow(call.server.db, { ...task, key });
  if (xcom === undefined) throw new ApiError(404, `XCom entry with key: \`${key}\` not found`);
  return showXComValue(xcom, { asText: readBoolean(call.query, "stringify") });
};
