import type { ArgList } from "./arg-list.ts";
import type { Expansion } from "./expansion.ts";
import type { JsonValue } from "./json.ts";
import type { LabelledNode } from "./label.ts";
import type { SetupTeardown } from "./setup-teardown.ts";
import type { ItemOf, ListRef, ValueRef } from "./value-ref.ts";

/** Something that edges join: a task or a task group. */
export interface Node {
  readonly dagId: string;
  /** Orders this node before others; draws no data. Returns the receiver. */
  before(...downstream: readonly (Node | LabelledNode)[]): this;
  /** Orders this node after others; draws no data. Returns the receiver. */
  after(...upstream: readonly (Node | LabelledNode)[]): this;
}

declare const RESULT: unique symbol;

/** A placed task; `R` is what its handler returns, and exists for the compiler only. */
export interface TaskRef<out R = unknown> extends Node, SetupTeardown {
  readonly taskId: string;
  readonly [RESULT]: R;
  /** The task's result as a list with each item changed: see `ListRef.map`. */
  map<T extends object, S>(this: TaskRef<T>, change: (item: ItemOf<T>) => S): ListRef<Awaited<S>>;
  /** The task's result as a list without the items that the function refuses: see `ListRef.filter`. */
  filter<T extends object>(this: TaskRef<T>, keeps: (item: ItemOf<T>) => unknown): ListRef<ItemOf<T>>;
}

/** The part of a type that JSON can carry; `Date`, functions and class instances become `never`. */
export type JsonPart<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends Date | ((...args: never[]) => unknown)
    ? never
    : T extends readonly (infer E)[]
      ? readonly JsonPart<E>[]
      : T extends object
        ? { readonly [K in keyof T]: JsonPart<T[K]> }
        : T extends JsonValue
          ? T
          : never;

/** What a task's argument may be given: another task's result, a list made of results, or a literal. */
export type TaskInput<V> = TaskRef<V> | ValueRef<V> | JsonPart<V>;
export type TaskInputs<A> = { readonly [K in keyof A]: TaskRef | ValueRef<A[K]> | JsonPart<A[K]> };

/** A handler takes nothing, or one object of named arguments. */
export type TaskFunction<A = void, R = unknown> = (args: A) => R | Promise<R>;

/** Calling it, or expanding it, places the task in the DAG and wires its inputs; exactly once. */
export type TaskFactory<A = void, R = unknown> = [A] extends [void]
  ? () => TaskRef<R>
  : ((inputs: TaskInputs<A> | ArgList) => TaskRef<R>) & Expansion<Exclude<A, void>, R>;

/** Recognises nodes across copies of this package. */
export const TASK_REF = Symbol.for("airflow.ts-sdk.TaskRef");
export const TASK_GROUP_REF = Symbol.for("airflow.ts-sdk.TaskGroupRef");

export function isTaskRef(value: unknown): value is TaskRef {
  return typeof value === "object" && value !== null && TASK_REF in value;
}

export function isTaskGroupRef(value: unknown): value is Node & { readonly groupId: string } {
  return typeof value === "object" && value !== null && TASK_GROUP_REF in value;
}
