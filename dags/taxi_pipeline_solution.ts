// The Chicago taxi pipeline of the TFX workshop, complete.

import os from "node:os";
import path from "node:path";
import {
  AirflowDagRunner,
  AirflowPipelineConfig,
  Channel,
  CsvExampleGen,
  type EvalConfig,
  Evaluator,
  ExampleValidator,
  LatestBlessedModelStrategy,
  Model,
  ModelBlessing,
  Pipeline,
  Pusher,
  Resolver,
  SchemaGen,
  StatisticsGen,
  Trainer,
  Transform,
} from "daisy/tfx";

const pipelineName = "taxi_solution";

// The taxi data is in ~/airflow/data/taxi_data, and the functions that Transform and Trainer call are in ~/airflow/dags.
const taxiRoot = process.env.AIRFLOW_HOME ?? path.join(os.homedir(), "airflow");
const dataRoot = path.join(taxiRoot, "data", "taxi_data");
// The module with the user's own logic: Transform and Trainer both need functions from it.
const moduleFile = path.join(taxiRoot, "dags", "taxi_utils_solution.ts");
// The folder that a model server watches. Pusher copies the trained model here.
const servingModelDir = path.join(taxiRoot, "serving_model", pipelineName);

// Artifacts are written here; what produced them is recorded in the metadata store.
const tfxRoot = path.join(taxiRoot, "tfx");
const pipelineRoot = path.join(tfxRoot, "pipelines", pipelineName);

// These go to Airflow as they are.
const airflowConfig = {
  schedule: null,
  startDate: new Date("2019-01-01"),
};

interface TaxiPipelineOptions {
  readonly pipelineName: string;
  readonly pipelineRoot: string;
  readonly dataRoot: string;
  readonly moduleFile: string;
  readonly servingModelDir: string;
}

/** The Chicago taxi pipeline with TFX. */
function createPipeline(options: TaxiPipelineOptions): Pipeline {
  // Brings data into the pipeline, and splits it into training and evaluation examples.
  const exampleGen = new CsvExampleGen({ inputBase: options.dataRoot });

  // Computes statistics over data for visualization and example validation.
  const statisticsGen = new StatisticsGen({ examples: exampleGen.outputs.examples });

  // Generates a schema from the statistics.
  const inferSchema = new SchemaGen({
    statistics: statisticsGen.outputs.statistics,
    inferFeatureShape: false,
  });

  // Looks for anomalies in the statistics by the schema.
  const validateStats = new ExampleValidator({
    statistics: statisticsGen.outputs.statistics,
    schema: inferSchema.outputs.schema,
  });

  // Performs feature engineering, the same in training and serving.
  const transform = new Transform({
    examples: exampleGen.outputs.examples,
    schema: inferSchema.outputs.schema,
    moduleFile: options.moduleFile,
  });

  // Trains the model that the user's runFn describes.
  const trainer = new Trainer({
    moduleFile: options.moduleFile,
    examples: transform.outputs.transformedExamples,
    transformGraph: transform.outputs.transformGraph,
    schema: inferSchema.outputs.schema,
    trainArgs: { numSteps: 10_000 },
    evalArgs: { numSteps: 5_000 },
  });

  // Finds the latest blessed model, to compare the new one with.
  const modelResolver = new Resolver({
    strategyClass: LatestBlessedModelStrategy,
    model: new Channel(Model),
    modelBlessing: new Channel(ModelBlessing),
  }).withId("latest_blessed_model_resolver");

  // Evaluates the model overall and by hour of the day. It is blessed when it is good enough on all examples together,
  // and no worse than the latest blessed one; single hours have too few examples to decide.
  const evalConfig: EvalConfig = {
    modelSpecs: [
      {
        signatureName: "serving_default",
        labelKey: "tips",
        preprocessingFunctionNames: ["transform_features"],
      },
    ],
    slicingSpecs: [{}, { featureKeys: ["trip_start_hour"] }],
    metricsSpecs: [
      {
        metrics: [
          { className: "ExampleCount" },
          {
            className: "BinaryAccuracy",
            perSliceThresholds: [
              {
                slicingSpecs: [{}],
                threshold: {
                  valueThreshold: { lowerBound: 0.6 },
                  changeThreshold: { direction: "HIGHER_IS_BETTER", absolute: -1e-10 },
                },
              },
            ],
          },
        ],
      },
    ],
  };

  const modelAnalyzer = new Evaluator({
    examples: exampleGen.outputs.examples,
    model: trainer.outputs.model,
    baselineModel: modelResolver.outputs.model,
    evalConfig, // The change threshold is ignored when there is no baseline (first run).
  });

  // Pushes the model to the serving folder if it was blessed.
  const pusher = new Pusher({
    model: trainer.outputs.model,
    modelBlessing: modelAnalyzer.outputs.blessing,
    pushDestination: { filesystem: { baseDirectory: options.servingModelDir } },
  });

  return new Pipeline({
    pipelineName: options.pipelineName,
    pipelineRoot: options.pipelineRoot,
    components: [
      exampleGen,
      statisticsGen,
      inferSchema,
      validateStats,
      transform,
      trainer,
      modelResolver,
      modelAnalyzer,
      pusher,
    ],
    enableCache: true,
  });
}

// Airflow finds the DAG by this export.
export const DAG = new AirflowDagRunner(new AirflowPipelineConfig(airflowConfig)).run(
  createPipeline({ pipelineName, pipelineRoot, dataRoot, moduleFile, servingModelDir }),
);
