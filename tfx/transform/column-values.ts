import { type Column, intValues } from "../data/columns.ts";
import type { FeatureSpec } from "./feature-spec.ts";
import { rowWidth, type TensorSpec } from "./tensor.ts";
import { bigints, tokens, type Value, type Values } from "./values.ts";

const COLUMN_TYPES = { float32: "FLOAT", int64: "INT", string: "BYTES" } as const;

/** The data of a feature as a tensor; a column that is not there counts as missing in every row. */
export function columnValue(name: string, column: Column | undefined, spec: FeatureSpec, numRows: number): Value {
  const offsets = column?.offsets ?? new Uint32Array(numRows + 1);
  const values = column && column.values.length > 0 ? typedValues(name, column, spec) : noValues(spec);
  if (spec.kind === "varlen") return { values, offsets };
  const width = spec.shape.reduce((product, size) => product * size, 1);
  for (let row = 0; row < numRows; row++) {
    const count = offsets[row + 1]! - offsets[row]!;
    if (count !== width) {
      throw new Error(`Feature "${name}" must have ${width} value(s) in every example, row ${row} has ${count}`);
    }
  }
  return { values };
}

function noValues(spec: FeatureSpec): Values {
  if (spec.dtype === "string") return [];
  return spec.dtype === "int64" ? new BigInt64Array() : new Float32Array();
}

function typedValues(name: string, column: Column, spec: FeatureSpec): Values {
  if (column.type !== COLUMN_TYPES[spec.dtype]) {
    throw new Error(`Feature "${name}" holds ${column.type} values where the schema says ${COLUMN_TYPES[spec.dtype]}`);
  }
  return column.type === "INT" ? toBigInts(column.values) : column.values;
}

function toBigInts(values: Float64Array | BigInt64Array): BigInt64Array {
  if (values instanceof BigInt64Array) return values;
  const result = new BigInt64Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = BigInt(values[i]!);
  return result;
}

/** A dense tensor as a column of the transformed examples. */
export function valueColumn(name: string, value: Value, spec: TensorSpec, numRows: number): Column {
  const width = rowWidth(spec.shape);
  const offsets = new Uint32Array(numRows + 1);
  for (let row = 1; row <= numRows; row++) offsets[row] = row * width;
  switch (spec.dtype) {
    case "string":
      return { name, type: "BYTES", offsets, values: tokens(value) };
    case "int64":
      return { name, type: "INT", offsets, values: intValues(bigints(value)) };
    default:
      return { name, type: "FLOAT", offsets, values: value.values as Float32Array };
  }
}
