import type { Database } from "#core/database/connect.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { untilCount } from "./harness.ts";

/** Starts a run of a DAG and returns its row's id. */
export async function startRun(database: Database, dagId: string): Promise<number> {
  // Logical dates are unique in a DAG, and many runs start within one millisecond.
  const logicalDate = new Date(firstDate + next++);
  const run = await createManualRun(database, { dagId, logicalDate, triggeredBy: "cli" });
  return run.id;
}
const firstDate = Date.now();
let next = 0;

/** Waits until runs have ended. */
export function untilEnded(database: Database, ids: readonly number[], timeoutMs = 600_000): Promise<void> {
  const list = ids.join(",");
  return untilCount(
    database,
    `select count(*)::integer as count from dag_run where id in (${list}) and state in ('success', 'failed')`,
    ids.length,
    timeoutMs,
  );
}

/** Waits until runs have ended; throws when one did not succeed. */
export async function untilSuccess(database: Database, ids: readonly number[], timeoutMs = 600_000): Promise<void> {
  await untilEnded(database, ids, timeoutMs);
  const list = ids.join(",");
  const { rows } = await database.query<{ run_id: string; state: string }>(
    `select run_id, state from dag_run where id in (${list}) and state <> 'success'`,
  );
  if (rows.length > 0) throw new Error(`Runs did not succeed: ${JSON.stringify(rows)}`);
}

/** Seconds from a run's creation to its end, by the database's clock. */
export async function runSeconds(database: Database, id: number): Promise<number> {
  const { rows } = await database.query<{ seconds: number }>(
    "select extract(epoch from end_date - queued_at)::float8 as seconds from dag_run where id = $1",
    [id],
  );
  return rows[0]!.seconds;
}
