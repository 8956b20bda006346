declare const VALUE: unique symbol;

/** A value that a task is given when it runs, other than a literal and a task's result; `V` exists for the compiler only. */
export interface ValueRef<out V = unknown> {
  readonly [VALUE]: V;
}

/** A list made of tasks' results when it is read: what a task may be expanded over, or given whole. */
export interface ListRef<out E = unknown> extends ValueRef<E[]> {
  /**
   * The list with each item changed. The function runs where the item is used, in the mapped task's own try; when it
   * throws `AirflowSkipException`, that task instance is skipped.
   */
  map<S>(change: (item: E) => S): ListRef<Awaited<S>>;
  /**
   * The list without the items that the function refuses. How many task instances a mapped task has is settled before
   * the function is called (Airflow's rule for `map`): those of refused items are skipped. Given whole, the list has
   * only the others.
   */
  filter(keeps: (item: E) => unknown): ListRef<E>;
}

/** An argument of a mapped task group: inside the group, the value that belongs to the task instance's map index. */
export interface GroupArgument<out V = unknown> extends ValueRef<V> {}

/** What a value is expanded into: an array's items, an object's entries. */
export type ItemOf<T> = T extends readonly (infer E)[] ? E : T extends object ? [string, T[keyof T]] : never;
