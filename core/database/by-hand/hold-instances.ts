import type { TaskState } from "#sdk/states.ts";
import type { Transaction } from "../connect.ts";
import { lockRuns } from "./change-states.ts";
import { CHOSEN_COLUMNS, type ChosenInstance } from "./choose-instances.ts";

/** How many task instances one transaction changes, if they are not all of one run. */
const AT_ONCE = 1_000;

/**
 * Chosen task instances in parts, each of which is changed in a transaction of its own, so that nobody waits for long for
 * a row: whole runs, in the order given.
 */
export function partsOf(chosen: readonly ChosenInstance[]): ChosenInstance[][] {
  const parts: ChosenInstance[][] = [];
  for (const ofRun of groupByRun(chosen).values()) {
    const part = parts.at(-1);
    if (part !== undefined && part.length + ofRun.length <= AT_ONCE) part.push(...ofRun);
    else parts.push(ofRun);
  }
  return parts;
}

function groupByRun(chosen: readonly ChosenInstance[]): Map<number, ChosenInstance[]> {
  const groups = new Map<number, ChosenInstance[]>();
  for (const instance of chosen) {
    const group = groups.get(instance.dagRunId);
    if (group === undefined) groups.set(instance.dagRunId, [instance]);
    else group.push(instance);
  }
  return groups;
}

/**
 * Task instances that were chosen a moment ago as they are now, locked with their runs until the transaction ends. A
 * mapped task that has been expanded since comes with all its instances; what has been deleted or removed is left out.
 * @param states only those in one of these states. @default any
 */
export async function holdInstances(
  tx: Transaction,
  chosen: readonly ChosenInstance[],
  states: readonly TaskState[] | null = null,
): Promise<ChosenInstance[]> {
  const runIds = [...groupByRun(chosen).keys()];
  await lockRuns(tx, runIds);
  const { rows } = await tx.query<ChosenInstance>(
    `with chosen as materialized (
       select * from unnest($2::bigint[], $3::text[], $4::integer[]) as c (dag_run_id, task_id, map_index)
     )
     select ${CHOSEN_COLUMNS}
       from task_instance ti join dag_run r on r.id = ti.dag_run_id
      where ti.dag_run_id = any($1) and ti.state is distinct from 'removed' and ($5::text[] is null or ti.state = any($5))
        and ((ti.dag_run_id, ti.task_id, ti.map_index) in (select * from chosen)
             or (ti.dag_run_id, ti.task_id) in (select dag_run_id, task_id from chosen where map_index = -1))
      order by ti.id for update of ti`,
    [
      runIds,
      chosen.map(({ dagRunId }) => dagRunId),
      chosen.map(({ taskId }) => taskId),
      chosen.map(({ mapIndex }) => mapIndex),
      states,
    ],
  );
  return inOrderOf(chosen, rows);
}

/** In the order in which their tasks were chosen. */
function inOrderOf(chosen: readonly ChosenInstance[], held: readonly ChosenInstance[]): ChosenInstance[] {
  const nameOf = ({ dagRunId, taskId }: ChosenInstance) => `${dagRunId} ${taskId}`;
  const places = new Map<string, number>();
  for (const instance of chosen) if (!places.has(nameOf(instance))) places.set(nameOf(instance), places.size);
  const placeOf = (instance: ChosenInstance) => places.get(nameOf(instance))!;
  return [...held].sort((one, other) => placeOf(one) - placeOf(other) || one.mapIndex - other.mapIndex);
}
