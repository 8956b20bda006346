import { Environment } from "minijinja-js";
import { DATE_FILTERS, dateObject, type Named, readObject, spanObject } from "./date-object.ts";
import { DateValue, TimeDelta } from "./date-value.ts";
import { MACROS, type Macros } from "./macros.ts";
import { callMethod, operate } from "./operators.ts";
import type { FetchKey, RenderAnswer, RenderRequest } from "./protocol.ts";
import { readPythonLiteral } from "./python-literal.ts";
import { pythonJson, pythonText } from "./python-text.ts";
import { translate } from "./translate.ts";

/** Steps after which a template is given up, so that a process whose parent is gone does not go on for ever. */
const FUEL = 200_000_000;
/** Names that Airflow 3 took away, with what it has instead. */
const REMOVED: Readonly<Record<string, string>> = {
  execution_date: "logical_date",
  next_execution_date: "data_interval_end",
  prev_execution_date: "data_interval_start",
  prev_execution_date_success: "prev_data_interval_start_success",
  next_ds: "data_interval_end | ds",
  next_ds_nodash: "data_interval_end | ds_nodash",
  prev_ds: "data_interval_start | ds",
  prev_ds_nodash: "data_interval_start | ds_nodash",
  yesterday_ds: "macros.ds_add(ds, -1)",
  yesterday_ds_nodash: "macros.ds_add(ds, -1).replace('-', '')",
  tomorrow_ds: "macros.ds_add(ds, 1)",
  tomorrow_ds_nodash: "macros.ds_add(ds, 1).replace('-', '')",
  conf: "dag_run.conf, or var.value for settings",
};
/** What MiniJinja knows by itself. */
const OWN_NAMES = new Set(["range", "dict", "namespace", "cycler", "joiner", "lipsum", "self"]);

/** Renders the fields of a request. Never throws. For the renderer's process. */
export function render(request: RenderRequest): RenderAnswer {
  const missing = new Set<string>();
  try {
    const renderer = new Renderer(request, missing);
    const fields = mapTexts(request.fields, (text) => renderer.render(text)) as Record<string, unknown>;
    return missing.size > 0 ? { kind: "fetch", keys: [...missing] } : { kind: "rendered", fields };
  } catch (error) {
    // What failed for want of what is to be fetched gets another chance.
    if (missing.size > 0) return { kind: "fetch", keys: [...missing] };
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

/** A value with each text in it, at any depth, replaced. */
function mapTexts(value: unknown, replace: (text: string) => unknown): unknown {
  if (typeof value === "string") return replace(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, replace));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, replace)]));
}

class Renderer {
  readonly #request: RenderRequest;
  readonly #missing: Set<string>;
  readonly #environment: Environment;
  /** What a function that a template called could not do: an error thrown through MiniJinja would end it for good. */
  #failure: Error | undefined;

  constructor(request: RenderRequest, missing: Set<string>) {
    this.#request = request;
    this.#missing = missing;
    this.#environment = this.#prepare();
  }

  render(template: string): unknown {
    if (!/\{[{%#]/.test(template)) return template;
    const { code, onlyExpression, names, locals } = translate(template);
    const context: Record<string, unknown> = {};
    const unknown: string[] = [];
    for (const name of names) {
      if (name === "macros") context.macros = this.#module(MACROS);
      else if (Object.hasOwn(this.#request.context, name)) context[name] = this.#give(this.#request.context[name]);
      else if (Object.hasOwn(REMOVED, name) && !locals.has(name)) throw removed(name);
      else if (!OWN_NAMES.has(name) && !locals.has(name)) unknown.push(name);
    }
    for (const name of ["ti", "task_instance"]) if (context[name] !== undefined) this.#addTaskInstance(context, name);
    this.#failure = undefined;
    try {
      const { native } = this.#request;
      const value =
        native && onlyExpression !== undefined ? this.#evaluate(onlyExpression, context) : this.#text(code, context);
      if (this.#failure) throw this.#failure;
      return native ? nativeValue(value) : value;
    } catch (error) {
      throw this.#failure ?? explain(error, template, unknown);
    }
  }

  #text(code: string, context: object): string {
    return this.#environment.renderStr(code, context);
  }

  #evaluate(expression: string, context: object): unknown {
    const [isDefined, value] = this.#environment.evalExpr(`[(${expression}) is defined, ${expression}]`, context);
    if (isDefined || this.#request.undefinedAs !== "strict") return this.#take(isDefined ? value : "");
    throw new Error("undefined value");
  }

  #prepare(): Environment {
    const environment = new Environment();
    environment.enablePyCompat();
    environment.fuel = FUEL;
    environment.undefinedBehavior = this.#request.undefinedAs;
    const filters: Record<string, (value: unknown, args: readonly unknown[], named: Named) => unknown> = {
      ...Object.fromEntries(Object.entries(DATE_FILTERS).map(([name, filter]) => [name, filter])),
      text__: pythonText,
      string: pythonText,
      tojson: (value, _, named) =>
        pythonJson(value, { sortKeys: true, indent: named.indent as number | undefined }).replaceAll(
          /[<>&']/g,
          (c) => `\\u00${c.charCodeAt(0).toString(16)}`,
        ),
      int: (value, [otherwise = 0, base = 10]) => toInteger(value, otherwise, Number(base)),
      join: (value, [separator = ""], named) => joinTexts(value, String(named.d ?? separator), named.attribute),
    };
    for (const [name, filter] of Object.entries(filters)) {
      environment.addFilter(
        name,
        this.#call((args, named) => filter(args[0], args.slice(1), named)),
      );
    }
    environment.addGlobal(
      "op__",
      this.#call(([sign, left, right]) => operate(String(sign), left, right)),
    );
    environment.addGlobal(
      "method__",
      this.#call(([owner, name, ...args], named) => callMethod(owner, String(name), args, named)),
    );
    environment.addGlobal(
      "var__",
      this.#call(([kind, key, ...rest], named) => this.#variable(kind, key, rest, named)),
    );
    environment.addGlobal(
      "conn__",
      this.#call(([connId, ...rest], named) => this.#connection(connId, rest, named)),
    );
    environment.addGlobal(
      "fetch__",
      this.#call(([name]) => this.#fetch({ about: "name", name: String(name) })),
    );
    return environment;
  }

  /** A function for templates: values in and out are converted, and a failure is kept for afterwards. */
  #call(run: (args: readonly unknown[], named: Named) => unknown): (...given: unknown[]) => unknown {
    return (...given) => {
      if (this.#failure) return undefined;
      try {
        const last = given.at(-1);
        const isNamed = last instanceof Map && readObject(last) === undefined && given.length > 0;
        const args = given.map((value) => this.#take(value));
        const named = (isNamed ? args.at(-1) : {}) as Named;
        return this.#give(run(args, named));
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        return undefined;
      }
    };
  }

  #module(macros: Macros): Record<string, unknown> {
    const entries = Object.entries(macros).map(([name, macro]) => [
      name,
      typeof macro === "function" ? this.#call(macro) : this.#module(macro),
    ]);
    return Object.fromEntries(entries);
  }

  /** A value as MiniJinja takes it. */
  #give(value: unknown): unknown {
    if (value instanceof DateValue) return dateObject(value, (method) => this.#call(method));
    if (value instanceof TimeDelta) return spanObject(value, (method) => this.#call(method));
    if (Array.isArray(value)) return value.map((item) => this.#give(item));
    if (value === null || value === undefined) return null;
    if (typeof value !== "object") return typeof value === "function" ? undefined : value;
    const { $date } = value as { $date?: unknown };
    if (typeof $date === "string") return this.#give(DateValue.fromIso($date));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#give(item)]));
  }

  /** A value that MiniJinja gave back. */
  #take(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#take(item));
    if (!(value instanceof Map)) return value;
    const known = readObject(value);
    if (known !== undefined) return known;
    return Object.fromEntries([...value].map(([key, item]) => [String(key), this.#take(item)]));
  }

  #addTaskInstance(context: Record<string, unknown>, name: string): void {
    const pull = this.#call((args, named) => this.#pull(args, named));
    const push = this.#call(() => {
      throw new Error("A template cannot push an XCom");
    });
    context[name] = { ...(context[name] as object), xcom_pull: pull, xcom_push: push };
  }

  #fetch(key: FetchKey): unknown {
    const text = JSON.stringify(key);
    if (Object.hasOwn(this.#request.fetched, text)) return this.#request.fetched[text];
    this.#missing.add(text);
    return undefined;
  }

  #variable(kind: unknown, key: unknown, rest: readonly unknown[], named: Named): unknown {
    const value = this.#fetch({ about: "variable", key: String(key) });
    if (value === undefined) return undefined;
    if (value === null) return otherwise(rest, named, () => `Variable ${key} does not exist`);
    return kind === "json" ? (JSON.parse(value as string) as unknown) : value;
  }

  #connection(connId: unknown, rest: readonly unknown[], named: Named): unknown {
    const found = this.#fetch({ about: "connection", connId: String(connId) });
    return found === null ? otherwise(rest, named, () => `The conn_id \`${connId}\` isn't defined`) : found;
  }

  #pull(args: readonly unknown[], named: Named): unknown {
    const names = ["task_ids", "dag_id", "key", "include_prior_dates"];
    const given: Record<string, unknown> = { ...named };
    for (const [index, value] of args.entries()) {
      if (value !== named && names[index] !== undefined) given[names[index]] ??= value;
    }
    const one = (taskId: unknown, mapIndex: unknown) =>
      this.#fetch({
        about: "xcom",
        taskId: taskId === undefined || taskId === null ? null : String(taskId),
        key: String(given.key ?? "return_value"),
        dagId: typeof given.dag_id === "string" ? given.dag_id : null,
        runId: typeof given.run_id === "string" ? given.run_id : null,
        mapIndex: typeof mapIndex === "number" ? mapIndex : null,
        includePriorDates: given.include_prior_dates === true,
      });
    const { task_ids: taskIds, map_indexes: indexes } = given;
    if (Array.isArray(taskIds)) return taskIds.map((taskId) => one(taskId, indexes));
    return Array.isArray(indexes) ? indexes.map((index) => one(taskIds, index)) : one(taskIds, indexes);
  }
}

function otherwise(rest: readonly unknown[], named: Named, complaint: () => string): unknown {
  for (const name of ["default", "default_var", "default_conn"]) if (Object.hasOwn(named, name)) return named[name];
  if (rest.length > 0) return rest[0];
  throw new Error(complaint());
}

function removed(name: string): Error {
  return new Error(`'${name}' was removed in Airflow 3; use ${REMOVED[name]}`);
}

function explain(error: unknown, template: string, unknown: readonly string[]): Error {
  const message = (error instanceof Error ? error.message : String(error))
    .split("\n")[0]!
    .replace(/ \(in <\w+>:\d+\)/, "");
  if (unknown.length > 0 && message.includes("undefined")) return new Error(`'${unknown[0]}' is undefined`);
  return new Error(
    `${message} (in ${JSON.stringify(template.length > 200 ? `${template.slice(0, 200)}…` : template)})`,
  );
}

/** As Jinja's NativeEnvironment: what is a text is read as a literal of Python, when it is one. */
function nativeValue(value: unknown): unknown {
  if (typeof value === "string") {
    const literal = readPythonLiteral(value);
    return literal === undefined ? value : literal.value;
  }
  if (value instanceof DateValue || value instanceof TimeDelta) return value.toString();
  return withNulls(value);
}

/** MiniJinja's none comes out as undefined. */
function withNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNulls);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNulls(item)]));
}

function toInteger(value: unknown, otherwise: unknown, base: number): unknown {
  const number = typeof value === "string" && base !== 10 ? Number.parseInt(value, base) : Number(value);
  return value === null || value === undefined || value === "" || !Number.isFinite(number)
    ? otherwise
    : Math.trunc(number);
}

function joinTexts(value: unknown, separator: string, attribute: unknown): string {
  const items = Array.isArray(value) ? value : typeof value === "string" ? [...value] : Object.keys(value ?? {});
  const part = (item: unknown) =>
    typeof attribute === "string" && typeof item === "object" && item !== null && Object.hasOwn(item, attribute)
      ? (item as Record<string, unknown>)[attribute]
      : item;
  return items.map((item) => pythonText(part(item))).join(separator);
}
