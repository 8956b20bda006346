import type { DecidingPlace } from "./deciding-place.ts";
import type { TaskDeferralError } from "./errors.ts";
import type { JsonValue } from "./json.ts";
import type { TemplateFields } from "./template-fields.ts";

/** What a task that chooses which tasks are skipped has decided. */
export interface Decision {
  /** Its `return_value`. */
  readonly value: unknown;
  /** The ids of the tasks not taken; they are kept, so that one that is cleared alone is skipped again. */
  readonly skipped: readonly string[];
  /** Kept in their place when given: the ids of those directly after the task that are not skipped. */
  readonly followed?: readonly string[];
}

/** What an operator says about itself; all but the name and the doing may be left out. */
export interface OperatorDefinition<A = void, R = unknown, F extends TemplateFields = TemplateFields> {
  /** What graphs show as the task's type, such as `BashOperator`. */
  readonly operatorName: string;
  /** How messages name it. @default the operator's name */
  readonly label?: string;
  /** How a task of it is given an id, for the message when it has none. */
  readonly taskIdExample?: string;
  /** The node's fill in graphs. @default "#fff" */
  readonly uiColor?: string;
  /** The option to use in place of `executionTimeout`, which the operator does not enforce and its tasks refuse. */
  readonly executionTimeoutAlternative?: string;
  /** For the names that the operator reads inputs under, those they are bound by. @default the same */
  readonly argNames?: Readonly<Record<string, string>>;
  /** Whether calling the factory with inputs is a mistake. @default false */
  readonly takesNoInputs?: boolean;
  /** Links that the console shows for a task: their names, and the XComs that hold the addresses. */
  readonly extraLinks?: Readonly<Record<string, string>>;
  /** Called when the DAG is serialized; throws what cannot be recorded. `task` names the task for the message. */
  check?(task: string): void;
  /** How the task ties its DAG to others: entries of `dag_dependencies`. */
  dagDependencies?(dagId: string, taskId: string): readonly JsonValue[];
  /** More of what the serialized task says, under Airflow's names. */
  readonly serializedFields?: { readonly [name: string]: JsonValue };
  /** Options that are templates, such as `{ bashCommand }`: `execute` receives them rendered. Plain JSON values. */
  readonly templateFields?: F;
  /** A template field that ends so names a file with the template, such as `.sh`. */
  readonly templateExt?: readonly string[];
  /**
   * Does the work: receives the resolved inputs, and the template fields as they are for this try; what it returns is
   * the task's `return_value`.
   */
  execute(inputs: A, fields: F): R | Promise<R>;
  /** For a task that chooses which of the tasks after it are skipped: what follows from what it returned. */
  decide?(result: unknown, place: DecidingPlace): Decision;
  /** What goes on after a deferral, by the names given to `defer`. */
  readonly methods?: { readonly [name: string]: (resumption: Resumption, inputs: A, fields: F) => R | Promise<R> };
  /** Goes on when the trigger could not be kept up or did not fire in time. @default throws the error */
  onDeferralError?(error: TaskDeferralError, inputs: A, fields: F): R | Promise<R>;
}

/** What a deferred task goes on with. */
export interface Resumption {
  /** What the trigger fired with. */
  readonly event: JsonValue;
  /** What was given to `defer`. */
  readonly kwargs: { readonly [name: string]: JsonValue };
}

/** A ready-made task: what `dag.task` takes in place of a handler. */
export interface Operator<A = void, R = unknown> extends OperatorDefinition<A, R> {
  readonly [OPERATOR]: true;
}

export const OPERATOR = Symbol.for("airflow.ts-sdk.Operator");

/** Declares an operator. */
export function operator<A = void, R = unknown, F extends TemplateFields = TemplateFields>(
  definition: OperatorDefinition<A, R, F>,
): Operator<A, R> {
  return Object.freeze({ [OPERATOR]: true as const, ...definition }) as unknown as Operator<A, R>;
}

export function isOperator(value: unknown): value is Operator<never, unknown> {
  return typeof value === "object" && value !== null && OPERATOR in value;
}

export function labelOf({ label, operatorName }: Operator<never, unknown>): string {
  return label ?? operatorName;
}
