import { transaction } from "#core/database/connect.ts";
import { deleteDag } from "#core/database/delete-dag.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";

/** Deletes what is known of a DAG, unless tasks of it run. While its file is there, the next parse brings it back. */
export const deleteDagHandler: Handler = async (call): Promise<void> => {
  const { dag_id: dagId } = await dagOf(call);
  await transaction(call.server.db, async (tx) => {
    await deleteDag(tx, dagId);
    await recordEvent(tx, { event: "delete_dag", dagId });
  });
  call.response.status(204).end();
};
