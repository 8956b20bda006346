import type { DataType, Tensor, TensorInfo, Variable } from "@tensorflow/tfjs";
import { attribute, type ConstantValues } from "../saved_model/attributes.ts";
import type { DType } from "../saved_model/dtype.ts";
import type { AttrValue } from "../saved_model/graph-messages.ts";
import type { TensorflowApi } from "../tensorflow.ts";

/** The types that a traced step may work on. */
export type TracedDType = Extract<DType, "float32" | "int32" | "bool">;

/** Where an operation's input comes from. */
export type TracedValue =
  | { readonly from: "argument"; readonly index: number }
  | { readonly from: "variable"; readonly index: number }
  | { readonly from: "operation"; readonly index: number; readonly output: number }
  | { readonly from: "constant"; readonly index: number };

export interface TracedOperation {
  /** TensorFlow's name of the op, such as `MatMul`. */
  readonly op: string;
  readonly attributes: Readonly<Record<string, AttrValue>>;
  readonly inputs: readonly TracedValue[];
}

export interface TracedConstant {
  readonly values: ConstantValues;
  readonly dtype: TracedDType;
  readonly shape: readonly number[];
}

/** One run of a function as the TensorFlow operations it came down to. */
export interface TracedStep {
  readonly operations: readonly TracedOperation[];
  readonly constants: readonly TracedConstant[];
  /** The value that each changed variable has after the step, in the order of `variables`. */
  readonly variables: readonly { readonly name: string; readonly value: TracedValue }[];
  readonly results: readonly TracedValue[];
}

/** What came of tracing a step: its results in any case, and the trace or what stood in its way. */
export interface TraceOutcome {
  readonly results: Tensor[];
  readonly trace: TracedStep | NotTraceableError;
}

/** What a step does that a graph cannot hold. */
export class NotTraceableError extends Error {}

/** The part of tfjs-node's backend through which every operation passes. */
interface NativeBackend {
  readonly binding: Readonly<Record<string, number>>;
  executeSingleOutput(op: string, attributes: readonly OpAttribute[], inputs: readonly TensorInfo[]): Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: readonly OpAttribute[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): Tensor[];
  readSync(dataId: object): Float32Array | Int32Array | Uint8Array;
}

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/**
 * Runs a step on tfjs-node and writes down the operations it executes. The step's tensors are told apart by where they
 * come from: an argument, a variable that the step changes, or else a constant. Whether two runs of a step come down
 * to the same operations and constants, so that one stands for all, is the caller's to compare. The step always runs
 * to its end, also when it cannot be traced.
 */
export function traceStep(
  tf: TensorflowApi,
  step: (args: readonly Tensor[]) => Tensor[],
  args: readonly Tensor[],
): TraceOutcome {
  const backend = tf.backend() as unknown as NativeBackend;
  const variables = Object.values(registeredVariables(tf)).map((variable) => ({ variable, before: variable.dataId }));
  const recorder = new Recorder(backend);
  const { executeSingleOutput, executeMultipleOutputs } = backend;
  backend.executeSingleOutput = (op, attributes, inputs) => {
    const record = recorder.prepare(op, attributes, inputs);
    const output = executeSingleOutput.call(backend, op, attributes, inputs);
    record([output]);
    return output;
  };
  backend.executeMultipleOutputs = (op, attributes, inputs, count) => {
    const record = recorder.prepare(op, attributes, inputs);
    const outputs = executeMultipleOutputs.call(backend, op, attributes, inputs, count);
    record(outputs);
    return outputs;
  };
  let results: Tensor[];
  try {
    results = step(args);
  } finally {
    // The methods are the class's own again once the instance's are gone.
    Reflect.deleteProperty(backend, "executeSingleOutput");
    Reflect.deleteProperty(backend, "executeMultipleOutputs");
  }
  const changed = variables.filter(({ variable, before }) => variable.dataId !== before);
  return { results, trace: recorder.finish(args, changed, results) };
}

/** Every variable that TensorFlow.js knows, by name: weights, and what optimizers keep. */
export function registeredVariables(tf: TensorflowApi): Readonly<Record<string, Variable>> {
  return tf.engine().registeredVariables;
}

/** What was recorded, in terms of the backend's data ids; these are resolved when the step is over. */
interface RecordedOperation {
  readonly op: string;
  readonly attributes: Readonly<Record<string, AttrValue>>;
  readonly inputs: readonly object[];
}

class Recorder {
  /** Why there will be no trace; an exception in the middle would leave the step half done. */
  #obstacle: NotTraceableError | undefined;
  readonly #backend: NativeBackend;
  readonly #operations: RecordedOperation[] = [];
  readonly #produced = new Map<object, { readonly index: number; readonly output: number }>();
  /** Inputs that no operation produced, with their values while they exist: a step disposes what it made. */
  readonly #brought = new Map<object, TracedConstant>();

  constructor(backend: NativeBackend) {
    this.#backend = backend;
  }

  /** Notes an operation before it runs; the function it returns notes what came out. */
  prepare(op: string, attributes: readonly OpAttribute[], inputs: readonly TensorInfo[]): (outputs: Tensor[]) => void {
    try {
      const operation = this.#operation(op, attributes, inputs);
      return (outputs) => {
        const index = this.#operations.push(operation) - 1;
        outputs.forEach((output, position) => {
          this.#produced.set(output.dataId, { index, output: position });
        });
      };
    } catch (error) {
      if (!(error instanceof NotTraceableError)) throw error;
      this.#obstacle ??= error;
      return () => {};
    }
  }

  #operation(op: string, attributes: readonly OpAttribute[], inputs: readonly TensorInfo[]): RecordedOperation {
    for (const input of inputs) {
      if (!input.dataId) throw new NotTraceableError(`${op} takes an int64 scalar`);
      if (!this.#produced.has(input.dataId)) this.#bring(input);
    }
    return {
      op,
      attributes: {
        ...Object.fromEntries(attributes.map((attr) => [attr.name, this.#attribute(op, attr)])),
        ...reductionType(attributes, inputs),
      },
      inputs: inputs.map((input) => input.dataId),
    };
  }

  finish(
    args: readonly Tensor[],
    changed: readonly { readonly variable: Variable; readonly before: object }[],
    results: readonly Tensor[],
  ): TracedStep | NotTraceableError {
    if (this.#obstacle) return this.#obstacle;
    if (results.some(({ rank, dtype }) => rank !== 0 || dtype !== "float32")) {
      return new NotTraceableError("a result is not a float scalar");
    }
    const sources = new Map<object, TracedValue>();
    for (const [dataId, { index, output }] of this.#produced) sources.set(dataId, { from: "operation", index, output });
    changed.forEach(({ before }, index) => {
      sources.set(before, { from: "variable", index });
    });
    args.forEach(({ dataId }, index) => {
      sources.set(dataId, { from: "argument", index });
    });
    const constants: TracedConstant[] = [];
    for (const [dataId, constant] of this.#brought) {
      if (!sources.has(dataId)) sources.set(dataId, { from: "constant", index: constants.push(constant) - 1 });
    }
    const ends = [...changed.map(({ variable }) => variable.dataId), ...results.map(({ dataId }) => dataId)];
    if (!ends.every((dataId) => sources.has(dataId))) {
      return new NotTraceableError("a result was computed outside of TensorFlow");
    }
    const source = (dataId: object): TracedValue => sources.get(dataId)!;
    return {
      operations: this.#operations.map((operation) => ({ ...operation, inputs: operation.inputs.map(source) })),
      constants,
      variables: changed.map(({ variable }) => ({ name: variable.name, value: source(variable.dataId) })),
      results: results.map(({ dataId }) => source(dataId)),
    };
  }

  #bring(input: TensorInfo): void {
    if (this.#brought.has(input.dataId)) return;
    const dtype = tracedDType(input.dtype);
    const values = this.#backend.readSync(input.dataId).slice() as unknown as ConstantValues;
    this.#brought.set(input.dataId, { values, dtype, shape: input.shape });
  }

  #attribute(op: string, { name, type, value }: OpAttribute): AttrValue {
    const { binding } = this.#backend;
    const list = Array.isArray(value);
    switch (type) {
      case binding.TF_ATTR_TYPE:
        if (!list) return attribute.type(this.#dtypeOfNumber(value as number));
        return attribute.types((value as number[]).map((each) => this.#dtypeOfNumber(each)));
      case binding.TF_ATTR_INT:
        return list ? attribute.ints(value as number[]) : attribute.int(value as number);
      case binding.TF_ATTR_FLOAT:
        return list ? attribute.floats(value as number[]) : attribute.float(value as number);
      case binding.TF_ATTR_BOOL:
        if (!list) return attribute.bool(Boolean(value));
        break;
      case binding.TF_ATTR_STRING:
        if (!list) return attribute.text(String(value));
        break;
      case binding.TF_ATTR_SHAPE:
        if (list) return attribute.shape(value as number[]);
        break;
    }
    throw new NotTraceableError(`${op} has the attribute ${name} of a kind that is not known here`);
  }

  #dtypeOfNumber(value: number): TracedDType {
    const { binding } = this.#backend;
    if (value === binding.TF_FLOAT) return "float32";
    if (value === binding.TF_INT32) return "int32";
    if (value === binding.TF_BOOL) return "bool";
    throw new NotTraceableError(`data type ${value} is not known here`);
  }
}

/**
 * tfjs-node's reductions name the type of their argument before they cast it; run by itself an operation takes the
 * type from the tensor, but in a graph both have to agree.
 */
function reductionType(attributes: readonly OpAttribute[], inputs: readonly TensorInfo[]): Record<string, AttrValue> {
  const isReduction = attributes.some(({ name }) => name === "keep_dims");
  return isReduction && inputs[0] ? { T: attribute.type(tracedDType(inputs[0].dtype)) } : {};
}

function tracedDType(dtype: DataType): TracedDType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new NotTraceableError(`a tensor of type ${dtype} takes part`);
}
