// TensorFlow Extended for DAG files and their modules. Importing this loads no TensorFlow, no DuckDB, no PostgreSQL
// client and no protobuf: those come with the executors, when a component runs.

// --- Components ---

export {
  CsvExampleGen,
  type CsvExampleGenArguments,
  type InputConfig,
  type OutputConfig,
} from "./components/csv-example-gen/component.ts";
export {
  Evaluator,
  type EvaluatorArguments,
} from "./components/evaluator/component.ts";
export { ExampleValidator, type ExampleValidatorArguments } from "./components/example-validator/component.ts";
export { type PushDestination, Pusher, type PusherArguments } from "./components/pusher/component.ts";
export { LatestArtifactStrategy } from "./components/resolver/latest-artifact-strategy.ts";
export { LatestBlessedModelStrategy } from "./components/resolver/latest-blessed-model-strategy.ts";
export { Resolver } from "./components/resolver/resolver.ts";
export { SchemaGen, type SchemaGenArguments } from "./components/schema-gen/component.ts";
export { StatisticsGen, type StatisticsGenArguments } from "./components/statistics-gen/component.ts";
export { type TrainArgs, Trainer, type TrainerArguments } from "./components/trainer/component.ts";
export { type SplitsConfig, Transform, type TransformArguments } from "./components/transform/component.ts";
export type {
  ChangeThreshold,
  EvalConfig,
  EvalOptions,
  MetricConfig,
  MetricsSpec,
  MetricThreshold,
  ModelSpec,
  PerSliceMetricThreshold,
  SlicingSpec,
  ValueThreshold,
} from "./model_analysis/eval-config.ts";

// --- Pipelines and what runs them ---

export type { MetadataConnectionConfig } from "./metadata/connection-config.ts";
export { Channel } from "./pipeline/channel.ts";
export { Pipeline, type PipelineOptions } from "./pipeline/pipeline.ts";
export type { RunOptions } from "./pipeline/run-options.ts";
export { AirflowDagRunner, AirflowPipelineConfig } from "./runners/airflow-dag-runner.ts";
export { LocalDagRunner, type LocalRunEffects, type LocalRunResult } from "./runners/local-dag-runner.ts";

// --- What the functions of a module file are written with; the folders list their public names themselves ---

export type { DataAccessor } from "./components/trainer/data-accessor.ts";
export type { FnArgs, RunFn } from "./components/trainer/fn-args.ts";
export * from "./saved_model/index.ts";
export * from "./training/index.ts";
export * from "./transform/index.ts";

// --- What a component or a resolver strategy of one's own is made of ---

export { BaseComponent, type ComponentArguments } from "./components/base-component.ts";
export { BaseNode } from "./components/base-node.ts";
export type { ComponentSpec, InputSpec, ParameterSpec, ResolveExecProperties } from "./components/component.ts";
export type { Execute, ExecutorContext, Json } from "./components/executor.ts";
export type { ResolverStrategy, ResolverStrategyClass } from "./components/resolver/strategy.ts";

// --- Artifacts and their types ---

export {
  type Artifact,
  type ArtifactLists,
  ArtifactState,
  optionalArtifact,
  type PropertyValue,
  singleArtifact,
} from "./types/artifact.ts";
export {
  type ArtifactType,
  ExampleAnomalies,
  ExampleStatistics,
  Examples,
  InfraBlessing,
  Model,
  ModelBlessing,
  ModelEvaluation,
  ModelRun,
  PushedModel,
  Schema,
  TransformCache,
  TransformGraph,
} from "./types/artifact-type.ts";
export { encodeSplitNames, splitNames, splitUri } from "./types/splits.ts";
export { TFX_VERSION } from "./version.ts";
