import { randomBytes } from "node:crypto";
import { type AssetExpression, isSatisfied, type UpdatedAsset } from "../assets/expression.ts";
import { runIdFor } from "../run-id.ts";
import type { Queryable, Transaction } from "./connect.ts";
import { createDagRun } from "./create-dag-run.ts";
import type { DagStructures } from "./dag-versions.ts";

/** The assets with events in a DAG's queue, as JSON. */
const UPDATED = `(
  select coalesce(json_agg(json_build_object('name', a.name, 'uri', a.uri, 'aliases', array(
           select asset_alias.name from asset_alias_asset l join asset_alias on asset_alias.id = l.alias_id
            where l.asset_id = a.id))), '[]')
    from (select distinct asset_id from asset_dag_run_queue where target_dag_id = dag.dag_id) as queued
    join asset a on a.id = queued.asset_id) as updated`;

interface WaitingDag {
  readonly dagId: string;
  readonly expression: AssetExpression;
  readonly updated: readonly UpdatedAsset[];
}

/** DAGs whose assets have had all the events that they wait for. */
export interface DueAssetDags {
  readonly due: readonly string[];
  /** Whether some more wait for a run of theirs to end, because of max_active_runs. */
  readonly areSomeFull: boolean;
}

/**
 * Looks for DAGs that are due by the events of assets: not paused, in a file, and with fewer unfinished runs than
 * max_active_runs allows (`airflow/models/dag.py`, dags_needing_dagruns).
 */
export async function listDueAssetDags(db: Queryable): Promise<DueAssetDags> {
  const { rows } = await db.query<WaitingDag & { isFull: boolean }>({
    name: "list-due-asset-dags",
    text: `select dag_id as "dagId", asset_expression as expression, ${UPDATED},
                  max_active_runs <= (select count(*) from dag_run r where r.dag_id = dag.dag_id
                                         and r.state in ('queued', 'running') and r.run_type <> 'backfill') as "isFull"
             from dag
            where dag_id in (select target_dag_id from asset_dag_run_queue)
              and not is_paused and not is_stale and asset_expression is not null
            order by dag_id`,
  });
  const satisfied = rows.filter(({ expression, updated }) => isSatisfied(expression, updated));
  return {
    due: satisfied.filter(({ isFull }) => !isFull).map(({ dagId }) => dagId),
    areSomeFull: satisfied.some(({ isFull }) => isFull),
  };
}

/** The letters of the ending that tells runs of one instant apart. */
const ENDING_LENGTH = 8;

/**
 * Creates the run that a DAG is due for, and takes the events that it is for from the queue. The DAG's row is locked
 * meanwhile, so that of several schedulers one does; what is queued afterwards is for the next run.
 *
 * As in Airflow 3 the run has neither a logical date nor a data interval, and may start at the time of its last event.
 * @returns the run's id, or null when the DAG is not due any more
 */
export async function createAssetRun(
  tx: Transaction,
  dagId: string,
  structures: DagStructures,
): Promise<string | null> {
  const { rows } = await tx.query<{ expression: AssetExpression }>({
    name: "lock-asset-dag",
    text: `select asset_expression as expression from dag
            where dag_id = $1 and not is_paused and not is_stale and asset_expression is not null
              and max_active_runs > (select count(*) from dag_run r where r.dag_id = dag.dag_id
                                        and r.state in ('queued', 'running') and r.run_type <> 'backfill')
              for no key update`,
    values: [dagId],
  });
  if (rows[0] === undefined) return null;
  // Only now that the row is locked is what another scheduler took from the queue gone.
  const queue = await tx.query<{ events: number[]; runAfter: Date; updated: UpdatedAsset[] }>({
    name: "read-asset-queue",
    text: `select (select json_agg(event_id) from asset_dag_run_queue where target_dag_id = dag_id) as events,
                  (select max(created_at) from asset_dag_run_queue where target_dag_id = dag_id) as "runAfter",
                  ${UPDATED}
             from dag where dag_id = $1`,
    values: [dagId],
  });
  const { events, runAfter, updated } = queue.rows[0]!;
  if (!isSatisfied(rows[0].expression, updated)) return null;
  const run = await createDagRun(
    tx,
    {
      dagId,
      runId: `${runIdFor("asset_triggered", runAfter)}_${randomEnding()}`,
      runType: "asset_triggered",
      logicalDate: null,
      dataInterval: null,
      runAfter,
      triggeredBy: "asset",
    },
    structures,
  );
  await tx.query({
    name: "consume-asset-events",
    text: `with consumed as (
             delete from asset_dag_run_queue where target_dag_id = $2 and event_id = any($3) returning event_id
           )
           insert into dagrun_asset_event (dag_run_id, event_id) select $1, event_id from consumed`,
    values: [run.id, dagId, events],
  });
  return run.runId;
}

/** Letters and digits, as Airflow's get_random_string. */
export function randomEnding(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return [...randomBytes(ENDING_LENGTH)].map((byte) => letters[byte % letters.length]).join("");
}
