import type { Json } from "../components/executor.ts";
import { toCamelCase } from "../components/key-case.ts";

/**
 * The supported fields of TFMA's `EvalConfig`. It is checked when a DAG file is parsed, which is why this does not read
 * the `.proto` file: that would load the protobuf library.
 */
export type Shape =
  | "string"
  | "number"
  | "boolean"
  | readonly string[]
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

const SLICING_SPEC: Shape = { fields: { featureKeys: { list: "string" }, featureValues: { map: "string" } } };

const THRESHOLD: Shape = {
  fields: {
    valueThreshold: { fields: { lowerBound: "number", upperBound: "number" } },
    changeThreshold: {
      fields: { direction: ["LOWER_IS_BETTER", "HIGHER_IS_BETTER"], absolute: "number", relative: "number" },
    },
  },
};

const PER_SLICE_THRESHOLDS: Shape = {
  list: { fields: { slicingSpecs: { list: SLICING_SPEC }, threshold: THRESHOLD } },
};

const MODEL_SPEC: Shape = {
  fields: {
    name: "string",
    signatureName: "string",
    labelKey: "string",
    predictionKey: "string",
    exampleWeightKey: "string",
    isBaseline: "boolean",
    modelType: "string",
    preprocessingFunctionNames: { list: "string" },
    inferenceBatchSize: "number",
  },
};

const METRICS_SPEC: Shape = {
  fields: {
    metrics: {
      list: {
        fields: {
          className: "string",
          config: "string",
          threshold: THRESHOLD,
          perSliceThresholds: PER_SLICE_THRESHOLDS,
        },
      },
    },
    modelNames: { list: "string" },
    thresholds: { map: THRESHOLD },
    perSliceThresholds: { map: { fields: { thresholds: PER_SLICE_THRESHOLDS } } },
  },
};

export const EVAL_CONFIG: Shape = {
  fields: {
    modelSpecs: { list: MODEL_SPEC },
    slicingSpecs: { list: SLICING_SPEC },
    metricsSpecs: { list: METRICS_SPEC },
    options: { fields: { includeDefaultMetrics: "boolean", minSliceSize: "number" } },
  },
};

/**
 * Checks a value against a shape and gives its fields their camelCase names; they may come in snake_case too.
 * @throws TypeError that names the field when one is not of the shape
 */
export function readShape(shape: Shape, value: unknown, where: string): Json {
  if (typeof shape === "string") {
    if (typeof value === shape) return value as Json;
    throw wrongType(where, `a ${shape}`, value);
  }
  if (Array.isArray(shape)) {
    if (shape.includes(value as string)) return value as Json;
    throw wrongType(where, `one of ${shape.join(", ")}`, value);
  }
  const structure = shape as Exclude<Shape, string | readonly string[]>;
  if ("list" in structure) {
    if (!Array.isArray(value)) throw wrongType(where, "a list", value);
    return value.map((element, index) => readShape(structure.list, element, `${where}[${index}]`));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(where, "an object", value);
  const entries = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(
    entries.map(([key, member]) => {
      if ("map" in structure) return [key, readShape(structure.map, member, `${where}.${key}`)];
      const name = toCamelCase(key);
      const field = structure.fields[name];
      if (field) return [name, readShape(field, member, `${where}.${name}`)];
      const known = Object.keys(structure.fields).join(", ");
      throw new TypeError(`${where}.${key} is not supported; ${where} takes ${known}`);
    }),
  );
}

/** The same value with the fields' names in snake_case; keys of maps stay as they are. */
export function withProtoNames(shape: Shape, value: unknown): Json {
  if (typeof shape === "string" || Array.isArray(shape)) return value as Json;
  const structure = shape as Exclude<Shape, string | readonly string[]>;
  if ("list" in structure) return (value as unknown[]).map((element) => withProtoNames(structure.list, element));
  const entries = Object.entries(value as Record<string, unknown>).map(([key, member]) =>
    "map" in structure
      ? [key, withProtoNames(structure.map, member)]
      : [toSnakeCase(key), withProtoNames(structure.fields[key]!, member)],
  );
  return Object.fromEntries(entries);
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function wrongType(where: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${where} should be ${expected}, got ${JSON.stringify(value) ?? String(value)}`);
}
