import type { Json } from "../components/executor.ts";
import { checkOutputs, collectGraph, type ExpressionGraph } from "./expression-graph.ts";
import { type FeatureSpecs, tensorSpecOf } from "./feature-spec.ts";
import { Tensor, type TransformInputs } from "./tensor.ts";

/** A function from features to features, written with the operations of this folder. */
export type FeatureFunction = (inputs: TransformInputs, customConfig?: Json) => Record<string, Tensor>;

/**
 * Runs a function once on tensors without data and records what it does.
 * @throws when it reads a feature that is not there, returns something else than dense tensors, or throws itself
 */
export function traceFunction(
  name: string,
  run: FeatureFunction,
  inputs: FeatureSpecs,
  customConfig?: Json,
): ExpressionGraph {
  const outputs: unknown = run(inputTensors(name, inputs), customConfig);
  checkOutputs(name, outputs);
  return collectGraph(inputs, outputs);
}

function inputTensors(functionName: string, inputs: FeatureSpecs): TransformInputs {
  const tensors: Record<string, Tensor> = {};
  for (const [feature, spec] of Object.entries(inputs)) {
    tensors[feature] = new Tensor("input", [], tensorSpecOf(spec), { feature });
  }
  return new Proxy(tensors, {
    get(target, feature) {
      if (typeof feature === "string" && !Object.hasOwn(target, feature)) {
        throw new Error(
          `${functionName} reads the feature "${feature}", which is not there; there are ${Object.keys(target).join(", ")}`,
        );
      }
      return Reflect.get(target, feature);
    },
  });
}
