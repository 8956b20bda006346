import { isPlainObject } from "./json.ts";
import type { TaskFunction } from "./node.ts";
import { isOperator } from "./operator.ts";

/** For a handler's argument names, the names under which a DAG binds them. */
export type ArgNameMap<A = Record<string, unknown>> = { readonly [K in keyof A]?: string };

const ARG_NAMES = Symbol.for("airflow.ts-sdk.arg-names");

/**
 * Lets a handler read arguments under names other than those they are bound by. Meant for tasks that another
 * language declares; a TypeScript DAG names its own inputs. The handler itself is left as it is.
 */
export function withArgNames<A extends object, R>(
  names: ArgNameMap<A>,
  handler: TaskFunction<A, R>,
): TaskFunction<A, R> {
  if (!isPlainObject(names)) {
    throw new Error("withArgNames(...) takes a plain object mapping argument names to wire names");
  }
  for (const [name, wireName] of Object.entries(names)) {
    if (typeof wireName === "string" && wireName !== "") continue;
    const came = typeof wireName === "string" ? '""' : String(wireName);
    throw new Error(`withArgNames(...) maps "${name}" to ${came}; a wire name must be a non-empty string`);
  }
  if (typeof handler !== "function") {
    throw new Error("withArgNames(...) takes the handler function as its second argument");
  }
  const wrapped = (args: A) => handler(args);
  return Object.assign(wrapped, { [ARG_NAMES]: Object.freeze({ ...names }) });
}

/** The names that `withArgNames` gave a handler, or an operator to those that it calls. */
export function argNamesOf(handler: unknown): Readonly<Record<string, string>> {
  if (isOperator(handler)) return handler.argNames ?? {};
  const names = typeof handler === "function" && (handler as { [ARG_NAMES]?: unknown })[ARG_NAMES];
  return isPlainObject(names) ? (names as Record<string, string>) : {};
}
