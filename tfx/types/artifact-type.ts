export type PropertyType = "INT" | "DOUBLE" | "STRING";

/** An artifact type as ML Metadata records it (TFX `types/standard_artifacts.py`). */
export interface ArtifactType {
  readonly name: string;
  /** ML Metadata's simple base type, when the type has one. */
  readonly baseType?: "Dataset" | "Model" | "Metrics" | "Statistics";
  readonly properties: Readonly<Record<string, PropertyType>>;
}

const SPAN_AND_SPLITS = { span: "INT", split_names: "STRING" } as const;

export const Examples: ArtifactType = {
  name: "Examples",
  baseType: "Dataset",
  properties: { ...SPAN_AND_SPLITS, version: "INT" },
};
export const ExampleStatistics: ArtifactType = {
  name: "ExampleStatistics",
  baseType: "Statistics",
  properties: SPAN_AND_SPLITS,
};
export const ExampleAnomalies: ArtifactType = { name: "ExampleAnomalies", properties: SPAN_AND_SPLITS };
export const Schema: ArtifactType = { name: "Schema", properties: {} };
export const TransformGraph: ArtifactType = { name: "TransformGraph", properties: {} };
export const TransformCache: ArtifactType = { name: "TransformCache", properties: {} };
export const Model: ArtifactType = { name: "Model", baseType: "Model", properties: {} };
export const ModelRun: ArtifactType = { name: "ModelRun", properties: {} };
export const ModelEvaluation: ArtifactType = { name: "ModelEvaluation", baseType: "Metrics", properties: {} };
export const ModelBlessing: ArtifactType = { name: "ModelBlessing", properties: {} };
export const InfraBlessing: ArtifactType = { name: "InfraBlessing", properties: {} };
export const PushedModel: ArtifactType = { name: "PushedModel", baseType: "Model", properties: {} };
