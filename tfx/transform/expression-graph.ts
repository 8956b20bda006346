import { type FeatureSpecs, isFeatureDType } from "./feature-spec.ts";
import type { ExpressionNode } from "./operations/operation.ts";
import { describe, isTensor, type Tensor } from "./tensor.ts";

/** A step with the positions of the steps that it takes as inputs, all before it. */
export interface GraphNode extends ExpressionNode {
  readonly inputs: readonly number[];
}

/**
 * A traced function from features to features, as plain data: it can be stored as JSON, evaluated on columns and
 * emitted as TensorFlow nodes.
 */
export interface ExpressionGraph {
  /** The features that the function could read. */
  readonly inputs: FeatureSpecs;
  readonly nodes: readonly GraphNode[];
  /** The position of each output's node. */
  readonly outputs: Readonly<Record<string, number>>;
}

/** The graph of everything that some tensors are made from, in the order in which it was made. */
export function collectGraph(inputs: FeatureSpecs, outputs: Readonly<Record<string, Tensor>>): ExpressionGraph {
  const tensors = new Set<Tensor>();
  const waiting = Object.values(outputs);
  for (let tensor = waiting.pop(); tensor; tensor = waiting.pop()) {
    if (tensors.has(tensor)) continue;
    tensors.add(tensor);
    waiting.push(...tensor.inputs);
  }
  const ordered = [...tensors].sort((a, b) => a.sequence - b.sequence);
  const positions = new Map(ordered.map((tensor, position) => [tensor, position]));
  const nodes = ordered.map(({ operation, inputs, attributes, dtype, shape, layout }) => ({
    operation,
    inputs: inputs.map((input) => positions.get(input)!),
    attributes,
    dtype,
    shape,
    layout,
  }));
  const outputPositions = mapRecord(outputs, (tensor) => positions.get(tensor)!);
  return { inputs, nodes, outputs: outputPositions };
}

/** Checks what a traced function returned: named, dense tensors of a row for each example. */
export function checkOutputs(functionName: string, outputs: unknown): asserts outputs is Record<string, Tensor> {
  if (typeof outputs !== "object" || outputs === null || outputs instanceof Promise || isTensor(outputs)) {
    throw new TypeError(`${functionName} must return an object of tensors by feature name, got ${String(outputs)}`);
  }
  const entries = Object.entries(outputs);
  if (entries.length === 0) throw new TypeError(`${functionName} returned no features`);
  for (const [name, output] of entries) {
    if (!isTensor(output)) {
      throw new TypeError(`${functionName} must return a tensor for "${name}", got ${String(output)}`);
    }
    if (output.layout !== "dense") {
      throw new TypeError(`${functionName} returned ${describe(output)} for "${name}"; use sparseToDense() first`);
    }
    if (output.shape[0] !== null || output.shape.length === 0 || output.shape.slice(1).includes(null)) {
      throw new TypeError(
        `${functionName} must return a tensor with a row for each example for "${name}", got ${describe(output)}`,
      );
    }
    if (!isFeatureDType(output.dtype)) {
      throw new TypeError(
        `${functionName} returned ${describe(output)} for "${name}"; examples hold float32, int64 or string, use cast()`,
      );
    }
  }
}

/** The same graph with only what some outputs need. */
export function pruneGraph(graph: ExpressionGraph, outputNames = Object.keys(graph.outputs)): ExpressionGraph {
  const outputs = Object.fromEntries(outputNames.map((name) => [name, outputPosition(graph, name)]));
  const needed = reach(graph, Object.values(outputs));
  const kept = graph.nodes.flatMap((_, position) => (needed.has(position) ? [position] : []));
  const moved = new Map(kept.map((position, index) => [position, index]));
  return {
    inputs: graph.inputs,
    nodes: kept.map((position) => {
      const node = graph.nodes[position]!;
      return { ...node, inputs: node.inputs.map((input) => moved.get(input)!) };
    }),
    outputs: mapRecord(outputs, (position) => moved.get(position)!),
  };
}

/** The position of an output's node, or an error that lists the outputs. */
export function outputPosition(graph: ExpressionGraph, name: string): number {
  const position = graph.outputs[name];
  if (position === undefined) {
    throw new Error(`There is no feature "${name}"; there are ${Object.keys(graph.outputs).join(", ")}`);
  }
  return position;
}

/** The positions of some nodes and of all that they are made from. */
export function reach(graph: ExpressionGraph, positions: readonly number[]): Set<number> {
  const reached = new Set<number>();
  const waiting = [...positions];
  for (let position = waiting.pop(); position !== undefined; position = waiting.pop()) {
    if (reached.has(position)) continue;
    reached.add(position);
    waiting.push(...graph.nodes[position]!.inputs);
  }
  return reached;
}

/** The features that the graph's outputs are made from, sorted. */
export function featuresRead(graph: ExpressionGraph, outputNames = Object.keys(graph.outputs)): string[] {
  const reached = reach(
    graph,
    outputNames.map((name) => outputPosition(graph, name)),
  );
  const features = [...reached]
    .map((position) => graph.nodes[position]!)
    .filter(({ operation }) => operation === "input")
    .map(({ attributes }) => String(attributes.feature));
  return [...new Set(features)].sort();
}

export function mapRecord<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
