import { type Database, type Transaction, transaction } from "../connect.ts";

/** How often work is tried that PostgreSQL chose as a deadlock's victim. */
const ATTEMPTS = 5;
const DEADLOCK = "40P01";

/**
 * Runs work that changes states on a user's word, in a transaction under the lock under which the scheduler gives
 * slots away: what it reads stays true until it has written. Workers need no lock to claim and finish tries, so each
 * change still has to be a compare-and-set.
 */
export async function changeStates<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction(db, async (tx) => {
        await tx.query("select lock_scheduling()");
        return work(tx);
      });
    } catch (error) {
      if ((error as { code?: string }).code !== DEADLOCK || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Tells schedulers and consoles, when the transaction commits, that runs are to be read again. */
export async function tellOfRuns(tx: Transaction, dagRunIds: readonly number[]): Promise<void> {
  await tx.query(
    `select pg_notify('daisy_run', change), pg_notify('daisy_view', change)
       from (select json_build_object('dagRunId', id, 'dagId', dag_id)::text as change
               from dag_run where id = any($1)) as changes`,
    [dagRunIds],
  );
}
