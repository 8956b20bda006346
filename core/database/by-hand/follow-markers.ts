import type { SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { TaskState } from "#sdk/states.ts";
import { DaisyError } from "../../errors.ts";
import type { Queryable } from "../connect.ts";
import { loadSerializedDag } from "../dag-versions.ts";
import { type ChosenInstance, type ChosenRun, chooseInstances } from "./choose-instances.ts";

/** What an ExternalTaskMarker says in its serialized form. */
type MarkerFields = SerializedTaskFields & {
  readonly external_dag_id: string;
  readonly external_task_id: string;
  /** A date, or the template that stands for the marker's own. */
  readonly logical_date: string;
  readonly recursion_depth: number;
};

interface Marker {
  readonly instance: ChosenInstance;
  readonly task: MarkerFields;
}

const SAME_DATE = "{{ logical_date.isoformat() }}";

/**
 * The task instances of other DAGs that external task markers among the chosen ones lead to: the task that a marker
 * names, with what is downstream of it, in the run of the marker's logical date; and on from markers among those, as
 * often as the first marker's recursion depth allows (Airflow's `DAG._get_task_instances`). A circle ends where it
 * closes.
 *
 * Throws DaisyError: MARKERS_TOO_DEEP, MARKER_DATE_INVALID.
 * @param states only task instances in one of these states. @default any
 */
export async function followMarkers(
  db: Queryable,
  chosen: readonly ChosenInstance[],
  states?: readonly TaskState[],
): Promise<ChosenInstance[]> {
  const known = new Set(chosen.map(({ id }) => id));
  const found: ChosenInstance[] = [];
  let frontier = chosen;
  let deepest: number | undefined;
  for (let depth = 1; ; depth++) {
    const markers = await readMarkers(db, frontier);
    if (markers.length === 0) return found;
    deepest ??= markers[0]!.task.recursion_depth;
    if (depth > deepest) throw new DaisyError("MARKERS_TOO_DEEP", deepest, markers[0]!.task.task_id);
    const next: ChosenInstance[] = [];
    for (const marker of markers) {
      for (const instance of await instancesBehind(db, marker, states)) {
        if (known.has(instance.id)) continue;
        known.add(instance.id);
        next.push(instance);
      }
    }
    found.push(...next);
    frontier = next;
  }
}

async function readMarkers(db: Queryable, instances: readonly ChosenInstance[]): Promise<Marker[]> {
  const markers = instances.filter(({ operator }) => operator === "ExternalTaskMarker");
  if (markers.length === 0) return [];
  const { rows } = await db.query<ChosenRun>(
    `select id, dag_version_id as "dagVersionId" from dag_run where id = any($1)`,
    [markers.map(({ dagRunId }) => dagRunId)],
  );
  const tasks = new Map<number, ReadonlyMap<string, SerializedTaskFields>>();
  for (const { id, dagVersionId } of rows) {
    const { dag } = await loadSerializedDag(db, dagVersionId);
    tasks.set(id, new Map(dag.tasks.map(({ __var: task }) => [task.task_id, task])));
  }
  return markers.flatMap((instance) => {
    const task = tasks.get(instance.dagRunId)?.get(instance.taskId);
    return task !== undefined && "external_dag_id" in task ? [{ instance, task: task as MarkerFields }] : [];
  });
}

async function instancesBehind(
  db: Queryable,
  { instance, task }: Marker,
  states: readonly TaskState[] | undefined,
): Promise<ChosenInstance[]> {
  const date = task.logical_date === SAME_DATE ? instance.logicalDate : readDate(task);
  // A run without a logical date has no counterpart.
  if (date === null) return [];
  const { rows: runs } = await db.query<ChosenRun>(
    `select id, dag_version_id as "dagVersionId" from dag_run where dag_id = $1 and logical_date = $2`,
    [task.external_dag_id, date],
  );
  return chooseInstances(db, runs, { tasks: [task.external_task_id], downstream: true }, { states });
}

function readDate({ task_id, logical_date }: MarkerFields): Date {
  const date = new Date(logical_date);
  if (Number.isNaN(date.getTime())) throw new DaisyError("MARKER_DATE_INVALID", task_id, logical_date);
  return date;
}
