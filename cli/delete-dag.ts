import { transaction } from "#core/database/connect.ts";
import { findDagRow } from "#core/database/console-dags.ts";
import { deleteDag } from "#core/database/delete-dag.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import type { Console } from "./console.ts";
import { withDatabase } from "./services.ts";

const QUESTION = "This will drop all existing records related to the specified DAG. Proceed? (y/n)";

/** Deletes what the database holds of a DAG, when the user agrees. */
export async function deleteDagIfAgreed(
  console: Console,
  dagId: string,
  { yes, refused }: { yes: boolean; refused: string },
): Promise<void> {
  if (!yes && !(await console.confirm(QUESTION))) {
    console.print(refused);
    return;
  }
  const records = await withDatabase(async (db) => {
    // Also one that no file holds any more: those are what is deleted most.
    if ((await findDagRow(db, dagId)) === undefined) throw new DaisyError("DAG_TO_TRIGGER_NOT_FOUND", dagId);
    return transaction(db, async (tx) => {
      const deleted = await deleteDag(tx, dagId);
      await recordEvent(tx, { event: "cli_delete_dag", dagId });
      return deleted;
    });
  });
  console.print(`Removed ${records} record(s)`);
}
