import { describeValue, findNonJson, type JsonValue } from "./json.ts";
import { isTaskRef, type TaskRef } from "./node.ts";
import type { Source } from "./source.ts";
import type { ItemOf, ListRef } from "./value-ref.ts";

/** What lists are made of: a task's result that is an array or an object, or another list. */
export type AnyList = TaskRef<object> | ListRef;
/** The items of a list. */
export type ItemsOf<L> = L extends ListRef<infer E> ? E : L extends TaskRef<infer T> ? ItemOf<T> : never;

export interface ZipOptions<F = JsonValue> {
  /** Stands in for the items of lists that are shorter than the longest. */
  readonly fillvalue: F;
}

const SOURCE = Symbol.for("airflow.ts-sdk.ListRef");
type Sourced = { readonly [SOURCE]: Source<TaskRef> };

/** A reference to a list. */
export function listFrom<E>(source: Source<TaskRef>): ListRef<E> {
  return Object.freeze({
    map: (change: unknown) => listFrom({ kind: "map", of: source, change: checkFunction("map", change) }),
    filter: (keeps: unknown) => listFrom({ kind: "filter", of: source, keeps: checkFunction("filter", keeps) }),
    [SOURCE]: Object.freeze(source),
  }) as unknown as ListRef<E>;
}

export function isListRef(value: unknown): value is ListRef {
  return typeof value === "object" && value !== null && SOURCE in value;
}

/** Where a reference's list comes from. */
export function sourceOf(list: TaskRef | ListRef): Source<TaskRef> {
  return isTaskRef(list) ? { kind: "xcom", upstream: list } : (list as unknown as Sourced)[SOURCE];
}

/**
 * The items of several lists side by side, as many as the shortest list has or, with a `fillvalue`, the longest.
 *
 * ```ts
 * copy.expand({ pair: zip(sources, targets) });   // pair: [source, target]
 * zip(sources, targets, { fillvalue: null });
 * ```
 */
export function zip<L extends AnyList[]>(...lists: L): ListRef<{ [K in keyof L]: ItemsOf<L[K]> }>;
export function zip<L extends AnyList[], F extends JsonValue>(
  ...listsAndOptions: [...L, ZipOptions<F>]
): ListRef<{ [K in keyof L]: ItemsOf<L[K]> | F }>;
export function zip(...given: readonly unknown[]): ListRef {
  const last = given.at(-1);
  const options = isOptions(last) ? last : undefined;
  const of = readLists("zip", options === undefined ? given : given.slice(0, -1));
  if (options === undefined) return listFrom({ kind: "zip", of });
  const wrong = findNonJson(options.fillvalue);
  if (wrong !== undefined) throw new Error(`zip(...) has a fillvalue that holds ${wrong}, which JSON cannot carry`);
  return listFrom({ kind: "zip", of, fill: Object.freeze({ value: options.fillvalue }) });
}

/** The items of several lists one after another. */
export function concat<L extends AnyList[]>(...lists: L): ListRef<ItemsOf<L[number]>> {
  return listFrom({ kind: "concat", of: readLists("concat", lists) });
}

function isOptions(value: unknown): value is ZipOptions {
  return typeof value === "object" && value !== null && !isTaskRef(value) && !isListRef(value) && "fillvalue" in value;
}

function readLists(name: string, lists: readonly unknown[]): Source<TaskRef>[] {
  if (lists.length === 0) throw new Error(`${name}(...) takes at least one task's result or list`);
  return lists.map((list) => {
    if (isTaskRef(list) || isListRef(list)) return sourceOf(list);
    throw new Error(`${name}(...) takes tasks' results and lists made of them, not ${describeValue(list)}`);
  });
}

const FACTORIES = new WeakSet<object>();

/** Remembers what `dag.task` returned, which is a function too, but none for `map`. */
export function markFactory<F extends object>(factory: F): F {
  FACTORIES.add(factory);
  return factory;
}

function checkFunction(name: "map" | "filter", given: unknown): (item: unknown) => unknown {
  if (typeof given === "function" && !FACTORIES.has(given)) return given as (item: unknown) => unknown;
  const what = typeof given === "function" ? "a task" : describeValue(given);
  throw new Error(`${name}() argument must be a plain function, not ${what}`);
}
