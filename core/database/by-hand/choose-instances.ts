import type { SerializedDag } from "#sdk/serialized-dag.ts";
import type { TaskState } from "#sdk/states.ts";
import { relatedTasks, selectTasks, type TaskScope } from "../../dag-structure/select-tasks.ts";
import { DaisyError } from "../../errors.ts";
import type { Queryable } from "../connect.ts";
import { loadSerializedDag } from "../dag-versions.ts";
import { SqlConditions } from "../sql-conditions.ts";

/** The runs of a DAG that a user means. */
export type RunChoice =
  /** One run; with `past` and `future` also those with an earlier or later logical date. */
  | { readonly runId: string; readonly past?: boolean; readonly future?: boolean }
  /** Runs by their logical dates, both ends included; without either end, all runs. */
  | { readonly from?: Date; readonly to?: Date };

/** The tasks of those runs that a user means. */
export interface TaskChoice extends TaskScope {
  /** Task ids, ids of task groups, or single instances of a mapped task. @default all tasks */
  readonly tasks?: readonly (string | readonly [taskId: string, mapIndex: number])[];
}

/** A task instance as it is when it is chosen. */
export interface ChosenInstance {
  readonly id: string;
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly state: TaskState | null;
  readonly operator: string;
  readonly logicalDate: Date | null;
}

/** What is read of one, from `task_instance ti` and `dag_run r`. */
export const CHOSEN_COLUMNS = `ti.id, ti.dag_run_id as "dagRunId", ti.dag_id as "dagId", ti.run_id as "runId",
              ti.task_id as "taskId", ti.map_index as "mapIndex", ti.state, ti.operator,
              r.logical_date as "logicalDate"`;

export interface ChosenRun {
  readonly id: number;
  readonly dagVersionId: string;
}

/**
 * The runs that are meant, oldest first.
 * Throws DaisyError: RUN_NOT_FOUND, RUN_WITHOUT_DATE (past or future of a run that has no logical date).
 */
export async function chooseRuns(db: Queryable, dagId: string, choice: RunChoice): Promise<ChosenRun[]> {
  const where = new SqlConditions();
  where.add("dag_id = ?", dagId);
  if ("runId" in choice) {
    const { runId, past = false, future = false } = choice;
    const { rows } = await db.query<{ id: number; dagVersionId: string; logicalDate: Date | null }>(
      `select id, dag_version_id as "dagVersionId", logical_date as "logicalDate" from dag_run
        where dag_id = $1 and run_id = $2`,
      [dagId, runId],
    );
    const run = rows[0];
    if (run === undefined) throw new DaisyError("RUN_NOT_FOUND", dagId, runId);
    if (!past && !future) return [run];
    if (run.logicalDate === null) throw new DaisyError("RUN_WITHOUT_DATE", runId);
    if (!past) where.add("logical_date >= ?", run.logicalDate);
    if (!future) where.add("logical_date <= ?", run.logicalDate);
  } else {
    if (choice.from !== undefined) where.add("logical_date >= ?", choice.from);
    if (choice.to !== undefined) where.add("logical_date <= ?", choice.to);
  }
  const { rows } = await db.query<ChosenRun>(
    `select id, dag_version_id as "dagVersionId" from dag_run ${where} order by logical_date, id`,
    where.values,
  );
  return rows;
}

/**
 * The task instances of some runs that are meant, each run by the DAG version that it is pinned to. Those that are
 * `removed` are never: there is nothing that they could run.
 * @param states only those in one of these states. @default any
 * @param scope how a task's relatives are found. @default "clear"
 */
export async function chooseInstances(
  db: Queryable,
  runs: readonly ChosenRun[],
  choice: TaskChoice,
  { states, scope = "clear" }: { states?: readonly TaskState[]; scope?: "clear" | "mark" } = {},
): Promise<ChosenInstance[]> {
  const chosen: ChosenInstance[] = [];
  for (const [versionId, runIds] of groupByVersion(runs)) {
    const where = new SqlConditions();
    where.add("ti.dag_run_id = any(?)", runIds);
    where.add("ti.state is distinct from 'removed'");
    if (states !== undefined) where.add("ti.state = any(?)", states);
    if (choice.tasks !== undefined) addTasks(where, await loadSerializedDag(db, versionId), choice, scope);
    const { rows } = await db.query<ChosenInstance>(
      `select ${CHOSEN_COLUMNS}
         from task_instance ti join dag_run r on r.id = ti.dag_run_id ${where}
        order by r.logical_date, ti.dag_run_id, ti.task_id, ti.map_index`,
      where.values,
    );
    chosen.push(...rows);
  }
  return chosen;
}

/** Every task that a run of the DAG has or had, by id. */
export async function listTaskIdsOfDag(db: Queryable, dagId: string): Promise<string[]> {
  const { rows } = await db.query<{ taskId: string }>(
    `select distinct task_id as "taskId" from task_instance where dag_id = $1 order by 1`,
    [dagId],
  );
  return rows.map((row) => row.taskId);
}

function addTasks(where: SqlConditions, dag: SerializedDag, choice: TaskChoice, scope: "clear" | "mark"): void {
  const named = choice.tasks!.map((task) => (typeof task === "string" ? task : task[0]));
  const whole = (scope === "clear" ? selectTasks : relatedTasks)(dag, named, choice);
  const single = choice.tasks!.flatMap((task) => (typeof task === "string" ? [] : [task]));
  // A task of which single instances are named comes with those only.
  for (const [taskId] of single) if (!choice.tasks!.includes(taskId)) whole.delete(taskId);
  where.add(
    "(ti.task_id = any(?) or (ti.task_id, ti.map_index) in (select * from unnest(?::text[], ?::integer[])))",
    [...whole],
    single.map(([taskId]) => taskId),
    single.map(([, mapIndex]) => mapIndex),
  );
}

function groupByVersion(runs: readonly ChosenRun[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { id, dagVersionId } of runs) {
    const ids = groups.get(dagVersionId);
    if (ids === undefined) groups.set(dagVersionId, [id]);
    else ids.push(id);
  }
  return groups;
}
