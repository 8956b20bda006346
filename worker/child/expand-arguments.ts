import type { Expandable, ExpandInput } from "#sdk/dag-graph.ts";
import { AirflowSkipException } from "#sdk/errors.ts";
import { copyJson, describeValue, isPlainObject } from "#sdk/json.ts";
import { LEFT_OUT, MISSING, openList, type Reader, type TaskList } from "./task-lists.ts";

/**
 * The arguments that a mapped task, or a mapped group, has at the reader's map index (Airflow's `expandinput.py`).
 * @param wanted the names of those that are needed; all when absent
 */
export async function expandArguments(
  expand: ExpandInput,
  reader: Reader,
  wanted?: readonly string[],
): Promise<[name: string, value: unknown][]> {
  if (expand.kind === "dict-of-lists") return combine(expand.lists, reader, wanted);
  const item = await itemAt(listOf(expand.of, reader), reader.mapIndex);
  if (!isPlainObject(item)) {
    throw new TypeError(
      `expandKwargs() expects a list of objects, but item ${reader.mapIndex} is ${describeValue(item)}`,
    );
  }
  return Object.entries(item).filter(([name]) => wanted?.includes(name) ?? true);
}

/** One of the combinations of the lists' items: the last list's item changes with each, the first one's slowest. */
async function combine(
  lists: ReadonlyMap<string, Expandable<object>>,
  reader: Reader,
  wanted?: readonly string[],
): Promise<[string, unknown][]> {
  const values: [string, unknown][] = [];
  let rest = reader.mapIndex;
  const entries = [...lists];
  for (const [name, expandable] of entries.reverse()) {
    const list = listOf(expandable, reader);
    const isFirst = name === entries.at(-1)![0];
    // How long the first list is does not matter.
    const length = isFirst ? Number.POSITIVE_INFINITY : await list.length();
    if (length < 1) throw new RangeError(`Task argument "${name}" cannot be expanded: its list is empty`);
    const index = isFirst ? rest : rest % length;
    rest = isFirst ? 0 : Math.floor(rest / length);
    if (wanted?.includes(name) ?? true) values.push([name, await itemAt(list, index, name)]);
  }
  return values.reverse();
}

function listOf(expandable: Expandable<object>, reader: Reader): TaskList {
  return expandable.kind === "source" ? openList(expandable.source, reader) : literalList(expandable.value);
}

function literalList(value: object): TaskList {
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.entries(value);
  // Copies: what a handler changes of them, later tries in this process do not see.
  return {
    length: async () => items.length,
    at: async (index) => (index < items.length ? copyJson(items[index]) : MISSING),
    all: async () => items.map(copyJson),
  };
}

async function itemAt(list: TaskList, index: number, name?: string): Promise<unknown> {
  const item = await list.at(index);
  if (item === LEFT_OUT) throw new AirflowSkipException(`Item ${index} was left out by filter(). Skipping.`);
  if (item !== MISSING) return item;
  const which = name === undefined ? "What this task is expanded over" : `Task argument "${name}"`;
  throw new RangeError(`${which} has no item ${index}: the list has become shorter since the task was expanded`);
}
