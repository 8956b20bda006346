import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { NamedTensorMap, Tensor, Variable } from "@tensorflow/tfjs";
import { writeSavedModel } from "../saved_model/write.ts";
import type { TensorflowApi, TensorflowRuntime } from "../tensorflow.ts";
import { argumentName, type LoopTensor, loopGraph, STEPS, sumName, variableName } from "./loop-graph.ts";
import { NotTraceableError, registeredVariables, type TracedDType, type TracedStep, traceStep } from "./trace-step.ts";

/** What a batch is filled into. */
export type BatchArray = Float32Array | Int32Array;

/** Tensors that belong to one batch, of the same types and shapes every time. */
export interface BatchSource {
  readonly tensors: readonly { readonly dtype: "float32" | "int32"; readonly shape: readonly number[] }[];
  /** Writes the next batch into row `row` of the arrays, one array per tensor. */
  readonly fill: (arrays: readonly BatchArray[], row: number) => void;
}

/** A function of one batch that returns scalars, and may change variables. It disposes what it makes. */
export type Step = (args: readonly Tensor[]) => Tensor[];

export interface RunnerOptions {
  readonly log: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** Steps that run without coming back to JavaScript. */
const LOOP_STEPS = 100;
/** How far the loop's variables may be from those of the same step run by itself. */
const TOLERANCE = 1e-4;

/**
 * Runs one step after another. On the native runtime, the first steps are traced; when they come down to the same
 * operations, and a loop made of them computes what the step by itself computes, the rest runs in that loop (0.3
 * instead of 3 ms a step for the workshop's model). Otherwise each step runs by itself.
 */
export class StepRunner {
  readonly #runtime: TensorflowRuntime;
  readonly #step: Step;
  readonly #source: BatchSource;
  readonly #options: RunnerOptions;
  #loop: NativeLoop | undefined;
  #mayCompile: boolean;

  constructor(runtime: TensorflowRuntime, step: Step, source: BatchSource, options: RunnerOptions) {
    this.#runtime = runtime;
    this.#step = step;
    this.#source = source;
    this.#options = options;
    this.#mayCompile = runtime.node !== undefined;
  }

  /** Runs some steps and returns the mean of each result over them; `onProgress` hears of each part that was run. */
  async run(steps: number, onProgress: (done: number, means: readonly number[]) => void = () => {}): Promise<number[]> {
    const sums: number[] = [];
    let done = 0;
    const count = (more: number, results: readonly number[]): void => {
      results.forEach((result, index) => {
        sums[index] = (sums[index] ?? 0) + result;
      });
      done += more;
      onProgress(
        done,
        results.map((result) => result / more),
      );
    };
    if (this.#mayCompile && !this.#loop && steps >= LOOP_STEPS) {
      const first = await this.#compile();
      count(first.steps, first.sums);
    }
    while (done < steps) {
      const part = Math.min(LOOP_STEPS - (done % LOOP_STEPS), steps - done);
      // Lets a pending abort and the log's writes through.
      await setImmediate();
      this.#options.signal?.throwIfAborted();
      count(part, this.#loop ? this.#loop.run(this.#fill(part), part) : this.#runEach(part));
    }
    return sums.map((sum) => sum / steps);
  }

  dispose(): void {
    this.#loop?.dispose();
    this.#loop = undefined;
  }

  #fill(steps: number): BatchArray[] {
    const arrays = this.#source.tensors.map(({ dtype, shape }) => {
      const size = steps * sizeOf(shape);
      return dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
    });
    for (let row = 0; row < steps; row++) this.#source.fill(arrays, row);
    return arrays;
  }

  #runEach(steps: number): number[] {
    const sums: number[] = [];
    for (let step = 0; step < steps; step++) {
      const args = this.#batchTensors(this.#fill(1));
      addResults(sums, this.#step(args));
      this.#runtime.tf.dispose([...args]);
    }
    return sums;
  }

  #batchTensors(arrays: readonly BatchArray[]): Tensor[] {
    const { tf } = this.#runtime;
    return this.#source.tensors.map(({ dtype, shape }, index) => tf.tensor(arrays[index]!, [...shape], dtype));
  }

  /**
   * Runs four real steps: one in which optimizers make their variables, two to compare, one to check the loop with.
   * The steps count whether or not a loop comes out.
   */
  async #compile(): Promise<{ readonly steps: number; readonly sums: number[] }> {
    const sums = this.#runEach(1);
    this.#mayCompile = false;
    try {
      const first = this.#trace(sums);
      const second = this.#trace(sums);
      if (!isDeepStrictEqual(first, second)) throw new NotTraceableError("two steps differ, as with dropout");
      const loop = await NativeLoop.create(this.#runtime, first, this.#source.tensors);
      if (!this.#computesTheSame(loop, sums)) {
        loop.dispose();
        throw new NotTraceableError("the loop computes something else than the step");
      }
      this.#loop = loop;
      return { steps: 4, sums };
    } catch (error) {
      if (!(error instanceof NotTraceableError)) throw error;
      this.#options.log(`Steps run one by one: ${error.message}`);
      return { steps: this.#stepsRun, sums };
    }
  }

  #stepsRun = 1;

  #trace(sums: number[]): TracedStep {
    const args = this.#batchTensors(this.#fill(1));
    try {
      const { trace, results } = traceStep(this.#runtime.tf, this.#step, args);
      addResults(sums, results);
      return trace;
    } finally {
      this.#stepsRun++;
      this.#runtime.tf.dispose(args);
    }
  }

  /** Runs the loop for one step, puts the variables back, runs the step by itself, and compares the two. */
  #computesTheSame(loop: NativeLoop, sums: number[]): boolean {
    const arrays = this.#fill(1);
    const before = loop.readVariables();
    const loopResults = loop.run(arrays, 1);
    const afterLoop = loop.readVariables();
    loop.writeVariables(before);

    const args = this.#batchTensors(arrays);
    const results: number[] = [];
    addResults(results, this.#step(args));
    this.#runtime.tf.dispose(args);
    this.#stepsRun++;
    results.forEach((result, index) => {
      sums[index]! += result;
    });
    const after = loop.readVariables();
    return (
      isClose(results, loopResults) &&
      after.every((values, index) => isClose(values as Float32Array, afterLoop[index]!))
    );
  }
}

/** A traced step as a SavedModel that runs it many times. */
class NativeLoop {
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

function addResults(sums: number[], results: readonly Tensor[]): void {
  results.forEach((result, index) => {
    sums[index] = (sums[index] ?? 0) + result.dataSync()[0]!;
    result.dispose();
  });
}

function isClose(expected: ArrayLike<number>, actual: ArrayLike<number>): boolean {
  return Array.from(expected).every((value, index) => {
    const other = actual[index]!;
    return Object.is(value, other) || Math.abs(value - other) <= TOLERANCE * Math.max(1, Math.abs(value));
  });
}

/** How many values a tensor of a shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
