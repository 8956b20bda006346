import { statesBefore } from "../../states/task-moves.ts";
import { REQUEST_WHEN_STOPPED } from "../callback-requests.ts";
import type { Database, Queryable, Transaction } from "../connect.ts";
import { changeStates, tellOfRuns } from "./change-states.ts";
import {
  type ChosenInstance,
  chooseInstances,
  chooseRuns,
  type RunChoice,
  type TaskChoice,
} from "./choose-instances.ts";
import { clearChosen, FAILED } from "./clear-instances.ts";
import { FORGET_WAITING } from "./forget-waiting.ts";
import { holdInstances, partsOf } from "./hold-instances.ts";

/** The states that a task instance can be marked with. */
export const MARKS = ["success", "failed", "skipped"] as const;
export type Mark = (typeof MARKS)[number];

/** What is to be marked. */
export interface MarkChoice extends TaskChoice {
  readonly dagId: string;
  readonly runs: RunChoice;
  readonly tasks: NonNullable<TaskChoice["tasks"]>;
}

/**
 * Gives task instances a state by hand, and returns as they were before those that had another one. A worker that
 * runs one kills it. What failed below them is cleared and its run queued again, so that it is judged anew
 * (Airflow's `DAG.set_task_instance_state`). Each run is marked wholly or not at all.
 *
 * Throws DaisyError: RUN_NOT_FOUND, RUN_WITHOUT_DATE.
 */
export async function markInstances(
  db: Database,
  choice: MarkChoice,
  mark: Mark,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<ChosenInstance[]> {
  const { toMark, below } = await chooseToMark(db, choice, mark);
  if (dryRun) return toMark;
  const isBelow = new Set(below);
  const marked: ChosenInstance[] = [];
  for (const part of partsOf([...toMark, ...below])) {
    const ofPart = await changeStates(db, async (tx) => {
      const held = await holdInstances(
        tx,
        part.filter((instance) => !isBelow.has(instance)),
      );
      const others = held.filter(({ state }) => state !== mark);
      await setStates(tx, others, mark);
      await clearChosen(
        tx,
        part.filter((instance) => isBelow.has(instance)),
        { states: FAILED },
      );
      return others;
    });
    marked.push(...ofPart);
  }
  return marked;
}

async function chooseToMark(
  db: Queryable,
  choice: MarkChoice,
  mark: Mark,
): Promise<{ toMark: ChosenInstance[]; below: ChosenInstance[] }> {
  const runs = await chooseRuns(db, choice.dagId, choice.runs);
  const chosen = await chooseInstances(db, runs, choice, { scope: "mark" });
  const isChosen = new Set(chosen.map((instance) => instance.id));
  const names = choice.tasks.map((task) => (typeof task === "string" ? task : task[0]));
  const failed = await chooseInstances(db, runs, { tasks: names, downstream: true }, { scope: "mark", states: FAILED });
  // The siblings of a mapped instance are not below it.
  const below = failed.filter((instance) => !isChosen.has(instance.id) && !names.includes(instance.taskId));
  return { toMark: chosen.filter((instance) => instance.state !== mark), below };
}

/** Gives instances that this transaction holds a finished state, and tells of it. */
export async function setStates(tx: Transaction, chosen: readonly ChosenInstance[], state: Mark): Promise<void> {
  if (chosen.length === 0) return;
  const runIds = [...new Set(chosen.map((instance) => instance.dagRunId))];
  const from = statesBefore(state);
  await tx.query(
    `with chosen as materialized (
       select id, state from task_instance
        where id = any($1) and (state = any($3) or state is null and $4) order by id for update
     ), marked as (
       update task_instance ti
          set state = $2, start_date = coalesce(ti.start_date, now()), end_date = now(),
           ${FORGET_WAITING}
         from chosen where ti.id = chosen.id
       returning ti.*
     ), stopped as (
       -- Failing a task that runs calls its callbacks, as in Airflow; no other mark does.
       select marked.* from marked join chosen using (id)
        where $2 = 'failed' and chosen.state in ('running', 'restarting')
     ), ${REQUEST_WHEN_STOPPED("stopped")}
     select from marked`,
    [chosen.map(({ id }) => id), state, from.filter((each) => each !== null), from.includes(null)],
  );
  await tellOfRuns(tx, runIds);
}
