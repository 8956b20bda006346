import type { DecidingPlace } from "../deciding-place.ts";
import type { TaskFunction } from "../node.ts";
import { type Decision, type Operator, operator } from "../operator.ts";
import { checkHandler } from "./check-handler.ts";

/** What a branch may choose: ids of tasks and groups, one or several; nothing skips all. */
export type Choice = string | readonly string[] | null | undefined;

/**
 * A task whose handler returns the ids of the tasks or groups directly after it that run; the others directly after
 * it are skipped (Airflow's BranchPythonOperator). A task that comes after a chosen one is not skipped either.
 *
 * ```ts
 * dag.task("pick", branch(async ({ rows }: { rows: number }) => (rows > 0 ? "load" : "warn")))({ rows });
 * ```
 */
export function branch<A extends object | void = void>(handler: TaskFunction<A, Choice>): Operator<A, Choice> {
  checkHandler("branch", handler);
  return operator<A, Choice>({
    operatorName: "BranchPythonOperator",
    label: "branch",
    uiColor: "#ffefeb",
    execute: (args) => handler(args),
    decide: followOnly,
  });
}

/** Skips the tasks directly after a task that a choice does not lead to (`SkipMixin.skip_all_except`). */
export function followOnly(choice: unknown, place: DecidingPlace): Decision {
  const chosen = new Set(readChoice(choice).flatMap((id) => place.rootsOfGroup(id) ?? [id]));
  console.log(`Following branch ${pythonSet(chosen)}`);
  const invalid = [...chosen].filter((id) => !place.hasTask(id));
  if (invalid.length > 0) {
    throw new Error(`'branch_task_ids' must contain only valid task_ids. Invalid tasks found: ${pythonSet(invalid)}.`);
  }
  const taken = new Set([...chosen].flatMap((id) => [id, ...place.allAfter(id)]));
  const skipped = place.downstream.filter((id) => !taken.has(id));
  console.log(`Skipping tasks ${pythonSet(skipped)}`);
  return { value: choice, skipped, followed: place.downstream.filter((id) => taken.has(id)) };
}

function readChoice(choice: unknown): readonly string[] {
  if (choice === null || choice === undefined) return [];
  const ids: readonly unknown[] = Array.isArray(choice) ? choice : [choice];
  const wrong = ids.filter((id) => typeof id !== "string");
  if (wrong.length === 0) return ids as readonly string[];
  throw new Error(
    "Unable to branch to the specified tasks. The branching function returned invalid 'branch_task_ids': " +
      `{${wrong.map((id) => `(${JSON.stringify(id)}, '${id === null ? "null" : typeof id}')`).join(", ")}}. ` +
      "Please check that your function returns an Iterable of valid task IDs that exist in your DAG.",
  );
}

/** Ids as Python prints a set of them. */
function pythonSet(ids: Iterable<string>): string {
  const texts = [...ids].map((id) => `'${id}'`);
  return texts.length === 0 ? "set()" : `{${texts.join(", ")}}`;
}
