import type { Json } from "../../../protocol.ts";

/** A param of a DAG as its details have it. */
export interface ParamSpec {
  readonly value: Json;
  readonly description: string | null;
  readonly schema: { readonly [keyword: string]: Json };
}

/** What was put into the fields, as the fields have it: texts, and for flags booleans. */
export type ParamInputs = Readonly<Record<string, string | boolean>>;

interface FieldProps {
  readonly id: string;
  readonly spec: ParamSpec;
  readonly input: string | boolean;
  readonly onInput: (input: string | boolean) => void;
}

/** A field for each param, made of its schema, as Airflow's trigger form has them. */
export function ParamFields(props: {
  params: Readonly<Record<string, ParamSpec>>;
  inputs: ParamInputs;
  onInput: (name: string, input: string | boolean) => void;
}) {
  return Object.entries(props.params).map(([name, spec]) => {
    const id = `param-${name}`;
    const { title } = spec.schema;
    return (
      <div key={name} className="param">
        <label htmlFor={id}>
          {typeof title === "string" ? title : name}
          {isRequired(spec) && <span title="required"> *</span>}
        </label>
        <Field
          id={id}
          spec={spec}
          input={props.inputs[name] ?? inputOf(spec)}
          onInput={(input) => props.onInput(name, input)}
        />
        {spec.description !== null && <small className="quiet">{spec.description}</small>}
      </div>
    );
  });
}

function Field({ id, spec, input, onInput }: FieldProps) {
  const { schema } = spec;
  if (Array.isArray(schema.enum)) {
    return (
      <select id={id} value={String(input)} onChange={(event) => onInput(event.target.value)}>
        {schema.enum.map((item) => (
          <option key={textOf(item)} value={textOf(item)}>
            {textOf(item)}
          </option>
        ))}
      </select>
    );
  }
  if (allows(schema, "boolean")) {
    return (
      <input id={id} type="checkbox" checked={input === true} onChange={(event) => onInput(event.target.checked)} />
    );
  }
  if (isJson(spec) || schema.format === "multiline") {
    return <textarea id={id} rows={3} value={String(input)} onChange={(event) => onInput(event.target.value)} />;
  }
  const kind = isNumber(schema) ? "number" : (FORMATS[String(schema.format)] ?? "text");
  return (
    <input
      id={id}
      type={kind}
      step={allows(schema, "number") ? "any" : undefined}
      value={String(input)}
      onChange={(event) => onInput(event.target.value)}
    />
  );
}

const FORMATS: Readonly<Record<string, string>> = { date: "date", time: "time" };

const allows = ({ type }: ParamSpec["schema"], kind: string) => [type].flat().includes(kind);
const isNumber = (schema: ParamSpec["schema"]) => allows(schema, "integer") || allows(schema, "number");
const isJson = ({ value, schema }: ParamSpec) =>
  (typeof value === "object" && value !== null) || allows(schema, "object") || allows(schema, "array");
const isRequired = ({ value, schema }: ParamSpec) => value === null && !allows(schema, "null");

const textOf = (value: Json): string =>
  value === null ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2);
const inputOf = ({ value }: ParamSpec): string | boolean => (typeof value === "boolean" ? value : textOf(value));

/**
 * The values of the fields that were changed; a field that was emptied gives null where its schema allows that, and
 * is left out elsewhere. Throws for JSON that is none.
 */
export function readInputs(params: Readonly<Record<string, ParamSpec>>, inputs: ParamInputs): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const [name, input] of Object.entries(inputs)) {
    const spec = params[name]!;
    if (input === inputOf(spec)) continue;
    const value = readInput(name, spec, input);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function readInput(name: string, spec: ParamSpec, input: string | boolean): Json | undefined {
  const { schema } = spec;
  if (typeof input === "boolean") return input;
  if (Array.isArray(schema.enum)) return schema.enum.find((item) => textOf(item) === input);
  if (input === "" && !(allows(schema, "string") && !allows(schema, "null"))) {
    return allows(schema, "null") ? null : undefined;
  }
  if (isNumber(schema) || (schema.type === undefined && typeof spec.value === "number")) return Number(input);
  if (!isJson(spec)) return input;
  try {
    return JSON.parse(input) as Json;
  } catch {
    throw new Error(`${name} should be JSON`);
  }
}
