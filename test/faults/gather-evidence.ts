import type { Database } from "#core/database/connect.ts";
import type { DagPromise, Evidence, InstanceRow, Move, RunRow } from "./audit.ts";
import { executionsOf, type LedgerLine } from "./ledger.ts";

/** What the database and the ledger tell of some runs, which are named as `dag_id/run_id`. */
export async function gatherEvidence(
  database: Database,
  ledger: readonly LedgerLine[],
  names: readonly string[],
  promises: Readonly<Record<string, DagPromise>>,
): Promise<Evidence> {
  const lines = ledger.filter(({ run }) => names.includes(run));
  const select = async <T extends object>(sql: string) => (await database.query<T>(sql, [names])).rows;
  return {
    promises,
    executions: executionsOf(lines),
    runs: (
      await select<Omit<RunRow, "logicalDate"> & { logicalDate: Date | null }>(
        `select dag_id as "dagId", dag_id || '/' || run_id as run, state, logical_date as "logicalDate"
           from dag_run where dag_id || '/' || run_id = any($1)`,
      )
    ).map((run) => ({ ...run, logicalDate: run.logicalDate?.toISOString() ?? null })),
    instances: await select<InstanceRow>(
      `select dag_id as "dagId", dag_id || '/' || run_id as run, task_id as "taskId", map_index as "mapIndex", state,
              try_number as "tryNumber" from task_instance where dag_id || '/' || run_id = any($1)`,
    ),
    moves: await select<Move>(
      `select kind, of, from_state as "from", to_state as "to" from recorded_move where run = any($1) order by seq`,
    ),
  };
}
