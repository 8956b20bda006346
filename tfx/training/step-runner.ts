import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Tensor } from "@tensorflow/tfjs";
import type { TensorflowRuntime } from "../tensorflow.ts";
import { NativeLoop } from "./native-loop.ts";
import { NotTraceableError, type TracedStep, traceStep } from "./trace-step.ts";

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

/** What the loop made of one batch. */
interface Trial {
  readonly batch: readonly BatchArray[];
  readonly results: readonly number[];
  readonly variables: readonly ArrayLike<number>[];
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
   * Runs a few real steps: one in which optimizers make their variables, two to compare, one to check the loop with.
   * They count as steps whether or not a loop comes out.
   */
  async #compile(): Promise<{ readonly steps: number; readonly sums: number[] }> {
    this.#mayCompile = false;
    const sums = this.#runEach(1);
    const first = this.#trace(sums);
    const second = this.#trace(sums);
    const obstacle = [first, second].find((trace) => trace instanceof NotTraceableError);
    if (obstacle) return this.#stepByStep(obstacle.message, 3, sums);
    if (!isDeepStrictEqual(first, second)) return this.#stepByStep("two steps differ, as with dropout", 3, sums);

    let loop: NativeLoop | undefined;
    let trial: Trial;
    try {
      loop = await NativeLoop.create(this.#runtime, first as TracedStep, this.#source.tensors);
      trial = this.#try(loop);
    } catch (error) {
      loop?.dispose();
      return this.#stepByStep(`no loop can be made of them: ${(error as Error).message}`, 3, sums);
    }
    if (!this.#computesTheSame(loop, trial, sums)) {
      loop.dispose();
      return this.#stepByStep("the loop computes something else than the step", 4, sums);
    }
    this.#loop = loop;
    return { steps: 4, sums };
  }

  #stepByStep(reason: string, steps: number, sums: number[]): { readonly steps: number; readonly sums: number[] } {
    this.#options.log(`Steps run one by one: ${reason}`);
    return { steps, sums };
  }

  #trace(sums: number[]): TracedStep | NotTraceableError {
    const args = this.#batchTensors(this.#fill(1));
    const { trace, results } = traceStep(this.#runtime.tf, this.#step, args);
    addResults(sums, results);
    this.#runtime.tf.dispose(args);
    return trace;
  }

  /** Runs the loop for one step and puts the variables back. */
  #try(loop: NativeLoop): Trial {
    const batch = this.#fill(1);
    const before = loop.readVariables();
    const results = loop.run(batch, 1);
    const variables = loop.readVariables();
    loop.writeVariables(before);
    return { batch, results, variables };
  }

  /** Runs the step by itself on the trial's batch and compares what it comes to. */
  #computesTheSame(loop: NativeLoop, trial: Trial, sums: number[]): boolean {
    const args = this.#batchTensors(trial.batch);
    const results: number[] = [];
    addResults(results, this.#step(args));
    this.#runtime.tf.dispose(args);
    results.forEach((result, index) => {
      sums[index]! += result;
    });
    const after = loop.readVariables();
    return isClose(results, trial.results) && after.every((values, index) => isClose(values, trial.variables[index]!));
  }
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
