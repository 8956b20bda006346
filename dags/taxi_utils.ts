// The functions of the Chicago taxi workshop that Transform and Trainer call, to be completed in steps 4 and 5:
// uncomment the lines that end with the number of your step, and those between its START and its END.
//
// The model says whether the passenger of a taxi trip gives a tip of more than 20 % of the fare. It is a "wide and
// deep" network, as in the Python workshop. Where that is known to be mistaken, this one differs: the deep layers have
// an activation (without, they are one linear layer), trip_start_month 12 is a category of its own, and the label keeps
// its name, `tips`, so that Evaluator compares predictions with the 20 % label and not with raw dollars.

// import { ops, type Tensor, type TransformInputs, type TransformOutputs, tft } from "daisy/tfx"; // Step 4

// The largest value of each of the first categorical features; those without one are passed on and not learned from.
export const MAX_CATEGORICAL_FEATURE_VALUES = [24, 31, 12];

export const CATEGORICAL_FEATURE_KEYS = [
  "trip_start_hour",
  "trip_start_day",
  "trip_start_month",
  "pickup_census_tract",
  "dropoff_census_tract",
  "pickup_community_area",
  "dropoff_community_area",
];

export const DENSE_FLOAT_FEATURE_KEYS = ["trip_miles", "fare", "trip_seconds"];

// Number of buckets used by tft for encoding each feature.
export const FEATURE_BUCKET_COUNT = 10;

export const BUCKET_FEATURE_KEYS = ["pickup_latitude", "pickup_longitude", "dropoff_latitude", "dropoff_longitude"];

// Number of vocabulary terms used for encoding VOCAB_FEATURE_KEYS.
export const VOCAB_SIZE = 1000;

// Count of out-of-vocabulary buckets in which unrecognized VOCAB_FEATURE_KEYS are hashed.
export const OOV_SIZE = 10;

export const VOCAB_FEATURE_KEYS = ["payment_type", "company"];

// Keys
export const LABEL_KEY = "tips";
export const FARE_KEY = "fare";

export function transformedName(key: string): string {
  return `${key}_xf`;
}

export function transformedNames(keys: readonly string[]): string[] {
  return keys.map(transformedName);
}

//// START Step 4
// /**
//  * Replaces missing values: with 0, or the empty text.
//  * @returns one value per example
//  */
// function fillInMissing(x: Tensor): Tensor {
//   const defaultValue = x.dtype === "string" ? "" : 0;
//   return ops.squeeze(ops.sparseToDense(x, defaultValue), 1);
// }

// /** Makes the features that the model learns from and the label, out of raw ones; Transform calls it. */
// export function preprocessingFn(inputs: TransformInputs): TransformOutputs {
//   const outputs: TransformOutputs = {};

//   for (const key of DENSE_FLOAT_FEATURE_KEYS) {
//     // Numbers are scaled to have mean 0 and standard deviation 1.
//     outputs[transformedName(key)] = tft.scaleToZScore(fillInMissing(inputs[key]!));
//   }

//   for (const key of VOCAB_FEATURE_KEYS) {
//     // Builds a vocabulary for this feature.
//     outputs[transformedName(key)] = tft.computeAndApplyVocabulary(fillInMissing(inputs[key]!), {
//       topK: VOCAB_SIZE,
//       numOovBuckets: OOV_SIZE,
//     });
//   }

//   for (const key of BUCKET_FEATURE_KEYS) {
//     outputs[transformedName(key)] = tft.bucketize(fillInMissing(inputs[key]!), FEATURE_BUCKET_COUNT);
//   }

//   for (const key of CATEGORICAL_FEATURE_KEYS) {
//     outputs[transformedName(key)] = fillInMissing(inputs[key]!);
//   }

//   // Was this passenger a big tipper?
//   const taxiFare = fillInMissing(inputs[FARE_KEY]!);
//   const tips = fillInMissing(inputs[LABEL_KEY]!);
//   // Test if the tip was more than 20 % of the fare.
//   const isBigTip = ops.cast(ops.greater(tips, ops.multiply(taxiFare, 0.2)), "int64");
//   outputs[LABEL_KEY] = ops.where(ops.isNan(taxiFare), 0, isBigTip);

//   return outputs;
// }
//// END Step 4

//// START Step 5

// import {
//   type DataAccessor,
//   type ExampleDataset,
//   exportSavedModel,
//   type FnArgs,
//   fitModel,
//   type LayersModel,
//   loadTensorflow,
//   loadTransformOutput,
//   type SymbolicTensor,
//   type TensorflowApi,
// } from "daisy/tfx";

// const TRAIN_BATCH_SIZE = 40;
// const EVAL_BATCH_SIZE = 40;

// /** Reads transformed examples, as batches of features and label. */
// function inputFn(files: readonly string[], dataAccessor: DataAccessor, batchSize: number): Promise<ExampleDataset> {
//   return dataAccessor.datasetFactory(files, { batchSize, labelKey: LABEL_KEY });
// }

// /**
//  * Makes the network for classifying taxi trips, ready for training.
//  * @param hiddenUnits the layer sizes of the deep part, input layer first
//  */
// function buildModel(tf: TensorflowApi, hiddenUnits: readonly number[]): LayersModel {
//   const realValued = transformedNames(DENSE_FLOAT_FEATURE_KEYS).map((name) => tf.input({ name, shape: [1] }));

//   // The wide part learns one weight for each value of a category.
//   const vocabulary = VOCAB_FEATURE_KEYS.map((key) => ({ key, values: VOCAB_SIZE + OOV_SIZE }));
//   const buckets = BUCKET_FEATURE_KEYS.map((key) => ({ key, values: FEATURE_BUCKET_COUNT }));
//   const categories = MAX_CATEGORICAL_FEATURE_VALUES.map((max, index) => ({
//     key: CATEGORICAL_FEATURE_KEYS[index]!,
//     values: max + 1,
//   }));
//   const categorical = [...vocabulary, ...buckets, ...categories].map(({ key, values }) => ({
//     input: tf.input({ name: transformedName(key), shape: [1], dtype: "int32" }),
//     values,
//   }));

//   const output = wideAndDeepClassifier(tf, categorical, realValued, hiddenUnits);
//   const inputs = [...realValued, ...categorical.map(({ input }) => input)];
//   const model = tf.model({ inputs, outputs: output });
//   model.compile({ optimizer: tf.train.adam(0.001), loss: "binaryCrossentropy", metrics: ["binaryAccuracy"] });
//   return model;
// }

// /** Connects the layers of a wide and deep network; its output is the probability of a big tip. */
// function wideAndDeepClassifier(
//   tf: TensorflowApi,
//   categorical: readonly { readonly input: SymbolicTensor; readonly values: number }[],
//   realValued: SymbolicTensor[],
//   hiddenUnits: readonly number[],
// ): SymbolicTensor {
//   let deep = tf.layers.concatenate().apply(realValued) as SymbolicTensor;
//   for (const units of hiddenUnits) {
//     deep = tf.layers.dense({ units, activation: "relu" }).apply(deep) as SymbolicTensor;
//   }

//   const wide = categorical.map(({ input, values }) => {
//     const weight = tf.layers.embedding({ inputDim: values, outputDim: 1 }).apply(input) as SymbolicTensor;
//     return tf.layers.flatten().apply(weight) as SymbolicTensor;
//   });

//   const both = tf.layers.concatenate().apply([...wide, deep]) as SymbolicTensor;
//   return tf.layers.dense({ units: 1, activation: "sigmoid" }).apply(both) as SymbolicTensor;
// }

// /** Trains the model and writes it for serving; Trainer calls it. */
// export async function runFn(fnArgs: FnArgs): Promise<void> {
//   // Number of nodes in the first layer of the deep part, how many layers it has, and how fast they get smaller.
//   const firstLayerSize = 100;
//   const layerCount = 4;
//   const decayFactor = 0.7;

//   const { tf } = await loadTensorflow();
//   const transformOutput = await loadTransformOutput(fnArgs.transformGraphPath!);

//   const trainDataset = await inputFn(fnArgs.trainFiles, fnArgs.dataAccessor, TRAIN_BATCH_SIZE);
//   const evalDataset = await inputFn(fnArgs.evalFiles, fnArgs.dataAccessor, EVAL_BATCH_SIZE);

//   const hiddenUnits = Array.from({ length: layerCount }, (_, index) =>
//     Math.max(2, Math.floor(firstLayerSize * decayFactor ** index)),
//   );
//   const model = buildModel(tf, hiddenUnits);

//   await fitModel(model, trainDataset, {
//     steps: fnArgs.trainSteps ?? 10_000,
//     validationData: evalDataset,
//     validationSteps: fnArgs.evalSteps,
//     // Write logs to the model run's folder, where TensorBoard finds them.
//     tensorBoard: fnArgs.modelRunDir,
//     log: fnArgs.log,
//     signal: fnArgs.signal,
//   });

//   await exportSavedModel({ model, transformOutput, directory: fnArgs.servingModelDir });
// }
//// END Step 5
