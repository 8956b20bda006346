import { brandOf } from "./brand.ts";
import { describeValue, findNonJson, isPlainObject, type JsonValue } from "./json.ts";

/** A JSON Schema (draft 2020-12 or 7), with what the trigger form of the console understands besides. */
export interface ParamSchema {
  type?: string | readonly string[];
  enum?: readonly JsonValue[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  /** Such as `date`, `date-time`, `time`, `multiline`. */
  format?: string;
  /** The field's name in the form. */
  title?: string;
  /** Suggestions in the form. */
  examples?: readonly JsonValue[];
  /** Heading under which the form shows the field. */
  section?: string;
  [keyword: string]: unknown;
}

export interface ParamOptions extends ParamSchema {
  /** Shown in the trigger form. */
  description?: string;
  /** The whole schema, in place of its keywords beside the description. */
  schema?: ParamSchema;
}

/** A parameter of a DAG's runs: its default, and what a value must be (Airflow's `Param`). */
export class Param {
  /** Undefined: there is none, and a run has to bring a value. */
  readonly default: JsonValue | undefined;
  readonly description: string | null;
  readonly schema: Readonly<Record<string, JsonValue>>;

  constructor(value: JsonValue | undefined, options: ParamOptions = {}) {
    if (!isPlainObject(options)) throw new Error("param(...) takes the default and an object of options");
    const { description = null, schema, ...keywords } = options;
    if (description !== null && typeof description !== "string")
      throw new Error('param(...) option "description" must be a string');
    if (schema !== undefined && !isPlainObject(schema)) throw new Error('param(...) option "schema" must be an object');
    const rules = schema ?? keywords;
    for (const [what, part] of [
      ["default", value],
      ["schema", rules],
    ] as const) {
      const wrong = findNonJson(part);
      if (wrong === undefined) continue;
      throw new Error(`All provided parameters must be json-serializable; the ${what} of param(...) holds ${wrong}`);
    }
    this.default = value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as JsonValue);
    this.description = description;
    this.schema = Object.freeze(JSON.parse(JSON.stringify(rules)) as Record<string, JsonValue>);
    Object.freeze(this);
  }

  get [brandOf("Param")](): true {
    return true;
  }
}

/**
 * Declares a parameter of a DAG's runs.
 *
 * ```ts
 * new Dag("report", { params: { rows: param(100, { type: "integer", minimum: 1, description: "How many" }) } });
 * ```
 * @param value the default; undefined: a run has to bring a value
 */
export function param(value: JsonValue | undefined, options?: ParamOptions): Param {
  return new Param(value, options);
}

/** What a spec may say of params: plain values are defaults without rules. */
export type Params = Readonly<Record<string, JsonValue | Param>>;

export function isParam(value: unknown): value is Param {
  return typeof value === "object" && value !== null && brandOf("Param") in value;
}

/** Airflow's mark of a value that was not given. */
const NOT_SET = { __type: "arg_not_set", __var: null };

/** A param in Airflow's serialized form. */
export type SerializedParam = readonly [
  name: string,
  param: {
    readonly __class: "airflow.sdk.definitions.param.Param";
    readonly default: JsonValue;
    readonly description: string | null;
    readonly schema: Readonly<Record<string, JsonValue>>;
  },
];

/** @param owner the DAG or task in messages */
export function serializeParams(owner: string, params: Params | undefined): SerializedParam[] {
  if (params === undefined) return [];
  if (!isPlainObject(params)) throw new Error(`params of ${owner} must be an object, not ${describeValue(params)}`);
  return Object.entries(params).map(([name, value]): SerializedParam => {
    const wrong = isParam(value) ? undefined : findNonJson(value);
    if (wrong !== undefined)
      throw new Error(`All provided parameters must be json-serializable; "${name}" of ${owner} holds ${wrong}`);
    const known = isParam(value) ? value : new Param(value);
    const { default: given, description, schema } = known;
    const serialized = given === undefined ? NOT_SET : given;
    return [name, { __class: "airflow.sdk.definitions.param.Param", default: serialized, description, schema }];
  });
}
