/** Where the parts of a TransformGraph artifact are, as TFX lays them out. */
export const TRANSFORM_GRAPH = {
  savedModel: "transform_fn",
  rawSchema: "metadata/schema.pbtxt",
  transformedSchema: "transformed_metadata/schema.pbtxt",
  assetMap: "transformed_metadata/asset_map",
  /** The traced function with the analysis's results, ours, in a folder that TensorFlow leaves alone. */
  expressions: "transform_fn/assets.extra/daisy/transform.json",
} as const;
