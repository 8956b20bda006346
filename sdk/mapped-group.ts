import { type DagGraph, type ExpandInput, type GroupNode, isInside } from "./dag-graph.ts";
import { expandDict, expandList } from "./expand.ts";
import { expandUpstreams } from "./expand-input.ts";
import type { Results } from "./expansion.ts";
import { groupArgument } from "./group-argument.ts";
import { describeValue, isPlainObject, type JsonValue } from "./json.ts";
import type { TaskRef } from "./node.ts";
import type { GroupArgument, ItemOf, ListRef } from "./value-ref.ts";

/** What an argument of a mapped group may be expanded over. */
export type GroupInput = TaskRef<object> | ListRef | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** One item of what a group's argument is expanded over. */
export type GroupInputItem<I> = I extends ListRef<infer E> ? E : I extends TaskRef<infer T> ? ItemOf<T> : ItemOf<I>;

/** What is seen outside of a mapped group of what its tasks return: the results of all map indexes. */
export type Gathered<B> =
  B extends TaskRef<infer R>
    ? TaskRef<Results<R>>
    : B extends object
      ? { readonly [K in keyof B]: GatheredField<B[K]> }
      : B;
type GatheredField<B> = B extends TaskRef<infer R> ? TaskRef<Results<R>> : B;

/** How a task group is mapped: all of its tasks run once for each item. */
export interface GroupMapping<G> {
  /**
   * Maps the group: its tasks run once for each item, or for each combination of items when several arguments are
   * expanded. `body` declares them; the arguments it is given are references to the item of this map index. Between
   * tasks of the group, one reads what the other returned at the same index; outside, references that `body` returns
   * stand for the results of all indexes.
   *
   * ```ts
   * const totals = dag.taskGroup("per_city").expand({ city: cities }, (group, { city }) => {
   *   const rows = group.task("rows", async ({ city }: { city: string }) => load(city))({ city });
   *   return group.task("total", async ({ rows }: { rows: number[] }) => sum(rows))({ rows });
   * });   // TaskRef<readonly number[]>
   * ```
   */
  expand<I extends Readonly<Record<string, GroupInput>>, B>(
    inputs: I,
    body: (group: G, args: { readonly [K in keyof I]: GroupArgument<GroupInputItem<I[K]>> }) => B,
  ): Gathered<B>;
  /** Maps the group over a list of objects, each of which holds the arguments of one map index. */
  expandKwargs<T extends object, B>(
    list: readonly T[] | TaskRef<readonly T[]> | ListRef<T>,
    body: (group: G, args: { readonly [K in keyof T]-?: GroupArgument<T[K]> }) => B,
  ): Gathered<B>;
}

/** The methods of a group's reference that map it. */
export function groupMappingOf<G>(graph: DagGraph, node: GroupNode, ref: () => G) {
  const owner = `Task group "${node.id}" of Dag "${graph.dagId}"`;
  const map = (expand: ExpandInput, body: unknown, args: object): unknown => {
    if (typeof body !== "function") {
      throw new Error(`${owner} is expanded by a function that declares its tasks, not ${describeValue(body)}`);
    }
    const upstreams = expandUpstreams(expand).map((id) => graph.nodes.get(id)!);
    const own = upstreams.find((upstream) => isInside(upstream, node));
    if (own !== undefined) throw new Error(`${owner} cannot be expanded over "${own.id}", a task of its own`);
    node.expand = expand;
    const result: unknown = body(ref(), args);
    for (const upstream of upstreams) graph.order(upstream, node);
    return result;
  };
  const check = () => {
    graph.checkOpen();
    if (node.expand !== undefined) throw new Error(`${owner} was already expanded; a group is expanded once`);
  };
  return Object.freeze({
    expand(inputs: unknown, body: unknown) {
      check();
      if (!isPlainObject(inputs)) {
        throw new Error(
          `${owner} takes one object naming what to expand over: expand({ n: sizes }, (group, { n }) => ...)`,
        );
      }
      const expand = expandDict(graph, owner, inputs);
      const names = [...expand.lists.keys()];
      return map(
        expand,
        body,
        Object.freeze(Object.fromEntries(names.map((name) => [name, groupArgument(node, name)]))),
      );
    },
    expandKwargs(list: unknown, body: unknown) {
      check();
      // What the objects hold is known when the DAG runs; any name is an argument until then.
      const args = new Proxy(Object.freeze({}), {
        get: (_, name) => (typeof name === "string" ? groupArgument(node, name) : undefined),
      });
      return map(expandList(graph, owner, list), body, args);
    },
  });
}
