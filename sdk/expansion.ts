import type { JsonPart, TaskInputs, TaskRef } from "./node.ts";
import type { ListRef } from "./value-ref.ts";

/** What a mapped task's argument of type `V` may be expanded over; an object is expanded into its `[key, value]` pairs. */
export type ExpandOver<V> =
  | readonly JsonPart<V>[]
  | TaskRef<readonly V[]>
  | ListRef<V>
  | (V extends readonly [string, infer X]
      ? { readonly [key: string]: JsonPart<X> } | TaskRef<{ readonly [key: string]: X }>
      : never);

/** What arguments are expanded over, by their names. */
export type ExpandInputs<A> = { readonly [K in keyof A]: ExpandOver<A[K]> };

/** One object of arguments for each instance. */
export type ExpandKwargs<A> =
  | readonly { readonly [K in keyof A]: JsonPart<A[K]> }[]
  | TaskRef<readonly A[]>
  | ListRef<A>;

/** The results of a mapped task's instances, in the order of their map indexes; what returned null is left out. */
export type Results<R> = readonly NonNullable<R>[];

/** How a task is mapped: placed in the DAG once, with as many instances in a run as there is to work on. */
export interface Mapping<A, R> {
  /**
   * One instance for each item, or for each combination of items when several arguments are expanded. The reference
   * stands for the list of their results.
   *
   * ```ts
   * const double = dag.task("double", async ({ n }: { n: number }) => n * 2);
   * const doubled = double.expand({ n: [1, 2, 3] });   // TaskRef<readonly number[]>
   * ```
   */
  expand(inputs: ExpandInputs<A>): TaskRef<Results<R>>;
  /** One instance for each object of arguments. */
  expandKwargs(list: ExpandKwargs<A>): TaskRef<Results<R>>;
}

/** What a task's factory offers besides being called. */
export interface Expansion<A, R> extends Mapping<A, R> {
  /** Gives all instances some of the arguments; the others are expanded. */
  partial<K extends keyof A>(inputs: Pick<TaskInputs<A>, K>): Mapping<Omit<A, K>, R>;
}
