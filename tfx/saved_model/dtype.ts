/** The tensor types that transforms, models and signatures use, in tfjs's and NumPy's spelling. */
export type DType = "float32" | "float64" | "int32" | "int64" | "string" | "bool";

/** TensorFlow's names in graphs (`DataType` of `types.proto`); `resource` is the type of a table's handle. */
export const DATA_TYPES = {
  float32: "DT_FLOAT",
  float64: "DT_DOUBLE",
  int32: "DT_INT32",
  int64: "DT_INT64",
  string: "DT_STRING",
  bool: "DT_BOOL",
  resource: "DT_RESOURCE",
} as const satisfies Record<DType | "resource", string>;

/** Sizes of the dimensions; null is a size known only when the graph runs, such as the batch. */
export type Shape = readonly (number | null)[];
