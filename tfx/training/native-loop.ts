import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { NamedTensorMap, Variable } from "@tensorflow/tfjs";
import { writeSavedModel } from "../saved_model/write.ts";
import type { TensorflowApi, TensorflowRuntime } from "../tensorflow.ts";
import { argumentName, type LoopTensor, loopGraph, STEPS, sumName, variableName } from "./loop-graph.ts";
import type { BatchArray, BatchSource } from "./step-runner.ts";
import { registeredVariables, type TracedDType, type TracedStep } from "./trace-step.ts";

/** A traced step as a SavedModel that runs it many times; tfjs-node can load a graph in no other way. */
export class NativeLoop {
  readonly #tf: TensorflowApi;
  readonly #model: LoadedModel;
  readonly #variables: readonly Variable[];
  readonly #tensors: BatchSource["tensors"];
  readonly #results: number;

  private constructor(
    tf: TensorflowApi,
    model: LoadedModel,
    variables: readonly Variable[],
    tensors: BatchSource["tensors"],
    results: number,
  ) {
    this.#tf = tf;
    this.#model = model;
    this.#variables = variables;
    this.#tensors = tensors;
    this.#results = results;
  }

  static async create(
    { tf, node }: TensorflowRuntime,
    trace: TracedStep,
    tensors: BatchSource["tensors"],
  ): Promise<NativeLoop> {
    const all = registeredVariables(tf);
    const variables = trace.variables.map(({ name }) => all[name]!);
    const shapes = variables.map(({ dtype, shape }): LoopTensor => ({ dtype: dtype as TracedDType, shape }));
    const { graph, signature } = loopGraph(trace, tensors, shapes);
    const folder = await mkdtemp(path.join(os.tmpdir(), "training-loop-"));
    try {
      await writeSavedModel(folder, { graph, signatures: { serving_default: signature } });
      const model = (await node!.loadSavedModel(folder)) as unknown as LoadedModel;
      return new NativeLoop(tf, model, variables, tensors, trace.results.length);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Runs the steps whose batches are stacked in the arrays; returns the sum of each result. */
  run(arrays: readonly BatchArray[], steps: number): number[] {
    const tf = this.#tf;
    const inputs: NamedTensorMap = { [STEPS]: tf.scalar(steps, "int32") };
    this.#tensors.forEach(({ dtype, shape }, index) => {
      inputs[argumentName(index)] = tf.tensor(arrays[index]!, [steps, ...shape], dtype);
    });
    const made = Object.values(inputs);
    this.#variables.forEach((variable, index) => {
      inputs[variableName(index)] = variable;
    });
    const outputs = this.#model.predict(inputs);
    this.#variables.forEach((variable, index) => {
      variable.assign(outputs[variableName(index)]!);
    });
    const sums = Array.from({ length: this.#results }, (_, index) => outputs[sumName(index)]!.dataSync()[0]!);
    tf.dispose([...made, ...Object.values(outputs)]);
    return sums;
  }

  readVariables(): (Float32Array | Int32Array | Uint8Array)[] {
    return this.#variables.map((variable) => variable.dataSync().slice());
  }

  writeVariables(values: readonly (Float32Array | Int32Array | Uint8Array)[]): void {
    this.#variables.forEach((variable, index) => {
      const tensor = this.#tf.tensor(values[index]!, variable.shape, variable.dtype);
      variable.assign(tensor);
      tensor.dispose();
    });
  }

  dispose(): void {
    this.#model.dispose();
  }
}

/** tfjs-node's loaded SavedModel, as it is used here. */
interface LoadedModel {
  predict(inputs: NamedTensorMap): NamedTensorMap;
  dispose(): void;
}
