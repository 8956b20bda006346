import type { Queryable } from "#core/database/connect.ts";
import {
  countResults,
  findListedResult,
  findResults,
  findResultUnlessKnown,
  listResultIndexes,
} from "#core/database/xcom-lists.ts";
import type { Asking } from "./asking.ts";
import type { ListQuestion } from "./child/messages.ts";

/**
 * Lists that results held when they were last read, with what tells whether they still do. Of a mapped task they are the map
 * indexes of the instances that have pushed a result.
 */
export type KnownLists = Map<string, { readonly stamp: string; readonly items: readonly unknown[] }>;

/** An XCom takes 1 MiB at most. */
const KEPT = 16;

/**
 * Answers what a task asks about a list that it, or its group, is expanded over. Ten thousand tries may each want one
 * item of one result: the worker keeps the result, and asks the database only whether it is still the same.
 */
export async function answerListQuestion(
  db: Queryable,
  known: KnownLists,
  { id, dagRunId }: Pick<Asking, "id" | "dagRunId">,
  question: ListQuestion,
): Promise<string | null> {
  const { taskId, mapIndex } = question;
  if (mapIndex === null) {
    if (question.about === "getItems") return findResults(db, { dagRunId, taskId });
    if (question.about === "countItems") return String(await countResults(db, { dagRunId, taskId }));
    return findResultAt(db, known, { dagRunId, taskId }, id, question.index);
  }
  const items = await loadItems(db, known, { dagRunId, taskId, mapIndex });
  if (question.about === "getItems") return JSON.stringify(items);
  if (question.about === "countItems") return String(items.length);
  return question.index < items.length ? JSON.stringify(items[question.index]) : null;
}

async function loadItems(
  db: Queryable,
  known: KnownLists,
  result: { readonly dagRunId: number; readonly taskId: string; readonly mapIndex: number },
): Promise<readonly unknown[]> {
  const key = JSON.stringify([result.dagRunId, result.taskId, result.mapIndex]);
  const last = known.get(key);
  const found = await findResultUnlessKnown(db, result, last?.stamp ?? null);
  if (found === undefined) {
    throw new Error(`Task "${result.taskId}" pushed no return_value XCom, which this task is expanded over`);
  }
  const items = found.value === null ? last!.items : readItems(result.taskId, JSON.parse(found.value));
  keep(known, key, { stamp: found.stamp, items });
  return items;
}

/** One of a mapped task's results, counted in the order of map indexes; null when there are fewer. */
async function findResultAt(
  db: Queryable,
  known: KnownLists,
  results: { readonly dagRunId: number; readonly taskId: string },
  tryId: string,
  position: number,
): Promise<string | null> {
  const key = JSON.stringify([results.dagRunId, results.taskId, null]);
  const look = (indexes: readonly unknown[], stamp: string) =>
    findListedResult(db, { ...results, mapIndex: (indexes[position] as number | undefined) ?? null }, tryId, stamp);
  const last = known.get(key);
  const found = last && (await look(last.items, last.stamp));
  if (found?.isCurrent) return found.value;
  const { stamp, indexes } = await listResultIndexes(db, results);
  keep(known, key, { stamp, items: indexes });
  return (await look(indexes, stamp)).value;
}

function keep(
  known: KnownLists,
  key: string,
  list: { readonly stamp: string; readonly items: readonly unknown[] },
): void {
  // Deleted and set again: the map's order is that of use.
  known.delete(key);
  known.set(key, list);
  if (known.size > KEPT) known.delete(known.keys().next().value!);
}

function readItems(taskId: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "object" && value !== null) return Object.entries(value);
  throw new TypeError(`Task "${taskId}" returned a ${typeof value}, which cannot be expanded over`);
}
