import { attribute, type ConstantValues } from "../saved_model/attributes.ts";
import { GraphBuilder, type GraphTensor } from "../saved_model/graph-builder.ts";
import type { Signature } from "../saved_model/write.ts";
import type { TracedDType, TracedStep, TracedValue } from "./trace-step.ts";

/** A tensor as the loop takes it: its type and its shape in one step. */
export interface LoopTensor {
  readonly dtype: TracedDType;
  readonly shape: readonly number[];
}

const FRAME = "steps";
/** Input that says how many steps to run. */
export const STEPS = "steps";
/** Names of the inputs and outputs by position. */
export const argumentName = (index: number): string => `argument_${index}`;
export const variableName = (index: number): string => `variable_${index}`;
export const sumName = (index: number): string => `sum_${index}`;

/**
 * A graph that runs a traced step many times: each argument comes stacked, one row per step; each variable goes in and
 * comes out; of each result, which must be a scalar, the sum over the steps comes out. Between two steps nothing
 * leaves TensorFlow, which is what makes it an order of magnitude faster than step by step.
 */
export function loopGraph(
  trace: TracedStep,
  args: readonly LoopTensor[],
  variables: readonly LoopTensor[],
): { readonly graph: GraphBuilder; readonly signature: Signature } {
  const graph = new GraphBuilder();
  const steps = graph.placeholder(STEPS, "int32", []);
  const stacks = args.map(({ dtype, shape }, index) => graph.placeholder(argumentName(index), dtype, [null, ...shape]));
  const initial = variables.map(({ dtype, shape }, index) => graph.placeholder(variableName(index), dtype, shape));

  const loop = new Loop(graph, steps);
  const states = initial.map((tensor, index) => loop.carry(`variable_${index}`, tensor));
  const sums = trace.results.map((_, index) => loop.carry(`sum_${index}`, graph.scalar(`zero_${index}`, "float32", 0)));
  const rows = stacks.map((stack, index) => loop.row(`argument_${index}`, stack));
  const value = placeOperations(graph, loop, trace, rows, states);

  trace.variables.forEach((variable, index) => {
    states[index]!.next(value(variable.value));
  });
  trace.results.forEach((result, index) => {
    const sum = sums[index]!;
    sum.next(graph.binary("AddV2", `add_${index}`, sum.inside, value(result)));
  });
  loop.close();

  const named = (name: (index: number) => string, tensors: readonly GraphTensor[]): Record<string, GraphTensor> =>
    Object.fromEntries(tensors.map((tensor, index) => [name(index), tensor]));
  return {
    graph,
    signature: {
      inputs: { [STEPS]: steps, ...named(argumentName, stacks), ...named(variableName, initial) },
      outputs: {
        ...named(
          variableName,
          states.map((state) => state.after),
        ),
        ...named(
          sumName,
          sums.map((sum) => sum.after),
        ),
      },
    },
  };
}

/** Adds the step's operations inside the loop and returns how its values are found among them. */
function placeOperations(
  graph: GraphBuilder,
  loop: Loop,
  trace: TracedStep,
  rows: readonly GraphTensor[],
  states: readonly LoopVariable[],
): (value: TracedValue) => GraphTensor {
  const constants = trace.constants.map(({ values, shape }, index) =>
    loop.bring(graph.constant(`constant_${index}`, values as ConstantValues, shape)),
  );
  const nodes: string[] = [];
  const value = (source: TracedValue): GraphTensor => {
    switch (source.from) {
      case "argument":
        return rows[source.index]!;
      case "variable":
        return states[source.index]!.inside;
      case "constant":
        return constants[source.index]!;
      case "operation":
        // Type and shape are the node's own affair; only the results' matter, and those are float scalars.
        return { name: `${nodes[source.index]!}:${source.output}`, dtype: "float32", shape: [] };
    }
  };
  for (const { op, attributes, inputs } of trace.operations) {
    nodes.push(graph.node(op, `step/${op}`, { inputs: inputs.map(value), attributes }));
  }
  return value;
}

/** A value that goes round the loop. */
interface LoopVariable {
  /** The value at the start of the current step. */
  readonly inside: GraphTensor;
  /** The value when the loop has ended. */
  readonly after: GraphTensor;
  /** Says what it is at the start of the next step. */
  readonly next: (tensor: GraphTensor) => void;
}

/** TensorFlow's while loop, out of its five control-flow nodes. */
class Loop {
  readonly #graph: GraphBuilder;
  readonly #condition: string;
  readonly #counter: GraphTensor;
  readonly #counterNext: (tensor: GraphTensor) => void;
  #axis: GraphTensor | undefined;

  constructor(graph: GraphBuilder, steps: GraphTensor) {
    this.#graph = graph;
    const merged = this.#merge("counter", graph.scalar("first", "int32", 0));
    const attributes = { T: attribute.type("int32") };
    const less = graph.node("Less", "more", { inputs: [merged.tensor, this.bring(steps)], attributes });
    this.#condition = graph.node("LoopCond", "condition", { inputs: [`${less}:0`] });
    this.#counter = this.#switch("counter", merged.tensor).inside;
    this.#counterNext = merged.next;
  }

  /** Makes a tensor from outside usable in every step. */
  bring(tensor: GraphTensor): GraphTensor {
    return this.#enter(tensor.name.replace(/:\d+$/, ""), tensor, true);
  }

  carry(name: string, initial: GraphTensor): LoopVariable {
    const { tensor, next } = this.#merge(name, initial);
    return { ...this.#switch(name, tensor), next };
  }

  /** The current step's row of a stack. */
  row(name: string, stack: GraphTensor): GraphTensor {
    this.#axis ??= this.bring(this.#graph.scalar("axis", "int32", 0));
    return this.#graph.tensor("GatherV2", `${name}/row`, stack.dtype, stack.shape.slice(1), {
      inputs: [this.bring(stack), this.#counter, this.#axis],
      attributes: {
        Tparams: attribute.type(stack.dtype),
        Tindices: attribute.type("int32"),
        Taxis: attribute.type("int32"),
      },
    });
  }

  /** Counts the step; called once, when all is in place. */
  close(): void {
    const one = this.bring(this.#graph.scalar("one", "int32", 1));
    this.#counterNext(this.#graph.binary("AddV2", "count", this.#counter, one));
  }

  #enter(name: string, tensor: GraphTensor, isConstant: boolean): GraphTensor {
    return this.#graph.tensor("Enter", `${name}/enter`, tensor.dtype, tensor.shape, {
      inputs: [tensor],
      attributes: {
        T: attribute.type(tensor.dtype),
        frame_name: attribute.text(FRAME),
        is_constant: attribute.bool(isConstant),
        parallel_iterations: attribute.int(1),
      },
    });
  }

  /** The node where the value from before the loop and that of the last step meet; the latter is made later. */
  #merge(name: string, initial: GraphTensor): { tensor: GraphTensor; next: (tensor: GraphTensor) => void } {
    const attributes = { T: attribute.type(initial.dtype) };
    const next = `${name}/next`;
    const tensor = this.#graph.tensor("Merge", `${name}/merge`, initial.dtype, initial.shape, {
      inputs: [this.#enter(name, initial, false), `${next}:0`],
      attributes: { ...attributes, N: attribute.int(2) },
    });
    return {
      tensor,
      next: (value) => {
        const made = this.#graph.node("NextIteration", next, { inputs: [value], attributes });
        if (made !== next) throw new Error(`The loop's node ${next} was given the name ${made}`);
      },
    };
  }

  #switch(name: string, tensor: GraphTensor): { inside: GraphTensor; after: GraphTensor } {
    const attributes = { T: attribute.type(tensor.dtype) };
    const node = this.#graph.node("Switch", `${name}/switch`, {
      inputs: [tensor, `${this.#condition}:0`],
      attributes,
    });
    const after = this.#graph.tensor("Exit", `${name}/exit`, tensor.dtype, tensor.shape, {
      inputs: [`${node}:0`],
      attributes,
    });
    return { inside: { ...tensor, name: `${node}:1` }, after };
  }
}
