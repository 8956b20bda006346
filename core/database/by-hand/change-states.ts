import { type Database, type Transaction, transaction } from "../connect.ts";

/** How often work is tried that PostgreSQL chose as a deadlock's victim. */
const ATTEMPTS = 5;
const DEADLOCK = "40P01";

/**
 * Runs work that changes states on a user's word, in a transaction. It does not take the lock under which slots are given
 * away: for as long as it thinks, nobody's tasks would start. What it has read is true until it has written only if it
 * holds the rows: runs first (`lockRuns`), then their task instances (`holdInstances`).
 */
export async function changeStates<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction(db, work);
    } catch (error) {
      if ((error as { code?: string }).code !== DEADLOCK || attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * Locks runs until the transaction ends, before anything of theirs: whoever ends, expands or starts one meanwhile sees
 * either none of what is done to it or all.
 */
export async function lockRuns(tx: Transaction, dagRunIds: readonly number[]): Promise<void> {
  await tx.query("select from dag_run where id = any($1) order by id for update", [dagRunIds]);
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
