// The Chicago taxi pipeline of the TFX workshop, to be completed step by step: uncomment the lines that end with the
// number of your step, save, refresh the DAG, and trigger it.

import os from "node:os";
import path from "node:path";

import { CsvExampleGen } from "daisy/tfx";

// import { StatisticsGen } from "daisy/tfx"; // Step 3
// import { SchemaGen } from "daisy/tfx"; // Step 3
// import { ExampleValidator } from "daisy/tfx"; // Step 3

// import { Transform } from "daisy/tfx"; // Step 4

// import { Trainer } from "daisy/tfx"; // Step 5

// import { Evaluator, type EvalConfig } from "daisy/tfx"; // Step 6
// import { LatestBlessedModelStrategy, Resolver } from "daisy/tfx"; // Step 6
// import { Channel, Model, ModelBlessing } from "daisy/tfx"; // Step 6

// import { Pusher } from "daisy/tfx"; // Step 7

import { AirflowDagRunner, AirflowPipelineConfig, Pipeline } from "daisy/tfx";

const pipelineName = "taxi";

// The taxi data is in ~/airflow/data/taxi_data, and the functions that Transform and Trainer call are in ~/airflow/dags.
const taxiRoot = process.env.AIRFLOW_HOME ?? path.join(os.homedir(), "airflow");
const dataRoot = path.join(taxiRoot, "data", "taxi_data");
// The module with the user's own logic: Transform and Trainer both need functions from it.
const moduleFile = path.join(taxiRoot, "dags", "taxi_utils.ts");
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
  // const statisticsGen = new StatisticsGen({ examples: exampleGen.outputs.examples }); // Step 3

  // Generates a schema from the statistics.
  // const inferSchema = new SchemaGen({ // Step 3
  //   statistics: statisticsGen.outputs.statistics, // Step 3
  //   inferFeatureShape: false, // Step 3
  // }); // Step 3

  // Looks for anomalies in the statistics by the schema.
  // const validateStats = new ExampleValidator({ // Step 3
  //   statistics: statisticsGen.outputs.statistics, // Step 3
  //   schema: inferSchema.outputs.schema, // Step 3
  // }); // Step 3

  // Performs feature engineering, the same in training and serving.
  // const transform = new Transform({ // Step 4
  //   examples: exampleGen.outputs.examples, // Step 4
  //   schema: inferSchema.outputs.schema, // Step 4
  //   moduleFile: options.moduleFile, // Step 4
  // }); // Step 4

  // Trains the model that the user's runFn describes.
  // const trainer = new Trainer({ // Step 5
  //   moduleFile: options.moduleFile, // Step 5
  //   examples: transform.outputs.transformedExamples, // Step 5
  //   transformGraph: transform.outputs.transformGraph, // Step 5
  //   schema: inferSchema.outputs.schema, // Step 5
  //   trainArgs: { numSteps: 10_000 }, // Step 5
  //   evalArgs: { numSteps: 5_000 }, // Step 5
  // }); // Step 5

  // Finds the latest blessed model, to compare the new one with.
  // const modelResolver = new Resolver({ // Step 6
  //   strategyClass: LatestBlessedModelStrategy, // Step 6
  //   model: new Channel(Model), // Step 6
  //   modelBlessing: new Channel(ModelBlessing), // Step 6
  // }).withId("latest_blessed_model_resolver"); // Step 6

  // Evaluates the model overall and by hour of the day. It is blessed when it is good enough on all examples together,
  // and no worse than the latest blessed one; single hours have too few examples to decide.
  // const evalConfig: EvalConfig = { // Step 6
  //   modelSpecs: [ // Step 6
  //     { // Step 6
  //       signatureName: "serving_default", // Step 6
  //       labelKey: "tips", // Step 6
  //       preprocessingFunctionNames: ["transform_features"], // Step 6
  //     }, // Step 6
  //   ], // Step 6
  //   slicingSpecs: [{}, { featureKeys: ["trip_start_hour"] }], // Step 6
  //   metricsSpecs: [ // Step 6
  //     { // Step 6
  //       metrics: [ // Step 6
  //         { className: "ExampleCount" }, // Step 6
  //         { // Step 6
  //           className: "BinaryAccuracy", // Step 6
  //           perSliceThresholds: [ // Step 6
  //             { // Step 6
  //               slicingSpecs: [{}], // Step 6
  //               threshold: { // Step 6
  //                 valueThreshold: { lowerBound: 0.6 }, // Step 6
  //                 changeThreshold: { direction: "HIGHER_IS_BETTER", absolute: -1e-10 }, // Step 6
  //               }, // Step 6
  //             }, // Step 6
  //           ], // Step 6
  //         }, // Step 6
  //       ], // Step 6
  //     }, // Step 6
  //   ], // Step 6
  // }; // Step 6

  // const modelAnalyzer = new Evaluator({ // Step 6
  //   examples: exampleGen.outputs.examples, // Step 6
  //   model: trainer.outputs.model, // Step 6
  //   baselineModel: modelResolver.outputs.model, // Step 6
  //   evalConfig, // The change threshold is ignored when there is no baseline (first run). // Step 6
  // }); // Step 6

  // Pushes the model to the serving folder if it was blessed.
  // const pusher = new Pusher({ // Step 7
  //   model: trainer.outputs.model, // Step 7
  //   modelBlessing: modelAnalyzer.outputs.blessing, // Step 7
  //   pushDestination: { filesystem: { baseDirectory: options.servingModelDir } }, // Step 7
  // }); // Step 7

  return new Pipeline({
    pipelineName: options.pipelineName,
    pipelineRoot: options.pipelineRoot,
    components: [
      exampleGen,
      // statisticsGen, // Step 3
      // inferSchema, // Step 3
      // validateStats, // Step 3
      // transform, // Step 4
      // trainer, // Step 5
      // modelResolver, // Step 6
      // modelAnalyzer, // Step 6
      // pusher, // Step 7
    ],
    enableCache: true,
  });
}

// Airflow finds the DAG by this export.
export const DAG = new AirflowDagRunner(new AirflowPipelineConfig(airflowConfig)).run(
  createPipeline({ pipelineName, pipelineRoot, dataRoot, moduleFile, servingModelDir }),
);
