import type { DagGraph, TaskNode } from "#sdk/dag-graph.ts";
import { mappedGroupOf } from "#sdk/dag-graph.ts";
import type { Source } from "#sdk/source.ts";
import type { Answer, Question } from "./messages.ts";

/** In place of an item: there is none at that index. */
export const MISSING = Symbol("missing");
/** In place of an item: `filter` refused it. */
export const LEFT_OUT = Symbol("left out");

/** A list that tasks' results make up, read as far as it is needed. */
export interface TaskList {
  length(): Promise<number>;
  /** The item, or `MISSING` or `LEFT_OUT`. */
  at(index: number): Promise<unknown>;
  /** All items, `LEFT_OUT` in the places of those that were refused. */
  all(): Promise<readonly unknown[]>;
}

export type Ask = (question: Question) => Promise<Answer>;

/** Which task instance asks. */
export interface Reader {
  readonly graph: DagGraph;
  readonly node: TaskNode;
  readonly mapIndex: number;
  readonly ask: Ask;
}

/**
 * Whose result a task reads: at one map index, or null for those of all of them. Tasks of the same mapped group meet at
 * the same index; from outside all indexes are read.
 */
export function resultOf(
  { graph, node, mapIndex }: Reader,
  taskId: string,
): { taskId: string; mapIndex: number | null } {
  const upstream = graph.nodes.get(taskId) as TaskNode;
  const group = mappedGroupOf(upstream);
  if (upstream.expand === undefined && group === null) return { taskId, mapIndex: -1 };
  return { taskId, mapIndex: group !== null && group === mappedGroupOf(node) ? mapIndex : null };
}

/** Opens a list for reading (Airflow's `XComArg.resolve`). */
export function openList(source: Source<string>, reader: Reader): TaskList {
  switch (source.kind) {
    case "xcom":
      return resultList(source.upstream, reader);
    case "map":
      return changedList(openList(source.of, reader), source.change);
    case "filter":
      return changedList(openList(source.of, reader), async (item) => ((await source.keeps(item)) ? item : LEFT_OUT));
    case "zip":
      return zippedList(
        source.of.map((part) => openList(part, reader)),
        source.fill,
      );
    case "concat":
      return joinedList(source.of.map((part) => openList(part, reader)));
  }
}

function resultList(taskId: string, reader: Reader): TaskList {
  const result = resultOf(reader, taskId);
  let length: Promise<number> | undefined;
  return {
    length: () => {
      length ??= reader.ask({ about: "countItems", ...result }).then(Number);
      return length;
    },
    at: async (index) => {
      const text = (await reader.ask({ about: "getItem", ...result, index })) as string | null;
      return text === null ? MISSING : JSON.parse(text);
    },
    all: async () => JSON.parse((await reader.ask({ about: "getItems", ...result })) as string),
  };
}

function changedList(list: TaskList, change: (item: unknown) => unknown): TaskList {
  const changed = async (item: unknown) => (typeof item === "symbol" ? item : await change(item));
  return {
    length: () => list.length(),
    at: async (index) => changed(await list.at(index)),
    all: async () => {
      const items: unknown[] = [];
      // One after another: what the functions write to the log stays in order.
      for (const item of await list.all()) items.push(await changed(item));
      return items;
    },
  };
}

function zippedList(lists: readonly TaskList[], fill: { readonly value: unknown } | undefined): TaskList {
  const length = async () => {
    const lengths = await Promise.all(lists.map((list) => list.length()));
    return fill === undefined ? Math.min(...lengths) : Math.max(...lengths);
  };
  const zipped = (items: readonly unknown[]) => {
    const missing = items.filter((item) => item === MISSING).length;
    if (missing === items.length || (missing > 0 && fill === undefined)) return MISSING;
    if (items.includes(LEFT_OUT)) return LEFT_OUT;
    return items.map((item) => (item === MISSING ? fill?.value : item));
  };
  return {
    length,
    at: async (index) => zipped(await Promise.all(lists.map((list) => list.at(index)))),
    all: async () => {
      const all = await Promise.all(lists.map((list) => list.all()));
      const at = (index: number) => all.map((items) => (index < items.length ? items[index] : MISSING));
      return Array.from({ length: await length() }, (_, index) => zipped(at(index)));
    },
  };
}

function joinedList(lists: readonly TaskList[]): TaskList {
  return {
    length: async () =>
      (await Promise.all(lists.map((list) => list.length()))).reduce((sum, length) => sum + length, 0),
    at: async (index) => {
      let rest = index;
      for (const [number, list] of lists.entries()) {
        // What is not in the others is in the last one, or nowhere.
        if (number === lists.length - 1) return list.at(rest);
        const length = await list.length();
        if (rest < length) return list.at(rest);
        rest -= length;
      }
      return MISSING;
    },
    all: async () => (await Promise.all(lists.map((list) => list.all()))).flat(1),
  };
}
