import { setDagPaused } from "#core/database/dags.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { DagAnswer } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";
import { readBody } from "../read-body.ts";
import { readStrings } from "../read-query.ts";
import { showDag } from "../show/show-dag.ts";

/** Turns a DAG on or off. */
export const patchDag: Handler = async (call): Promise<DagAnswer> => {
  const { is_paused: isPaused } = readBody(call.body, ["is_paused"]);
  const mask = readStrings(call.query, "update_mask");
  if (mask.length > 0 && mask.some((name) => name !== "is_paused")) {
    throw new ApiError(400, "Only `is_paused` field can be updated through the REST API");
  }
  if (typeof isPaused !== "boolean") {
    throw invalid(["body", "is_paused"], "bool_type", "Input should be a valid boolean", isPaused);
  }
  const { server } = call;
  const dag = await dagOf(call);
  await setDagPaused(server.db, dag.dag_id, isPaused);
  await recordEvent(server.db, { event: "patch_dag", dagId: dag.dag_id, extra: { is_paused: isPaused } });
  return showDag({ ...dag, is_paused: isPaused }, server.fileTokens);
};
