import type { GraphBuilder, GraphTensor } from "../graph-builder.ts";

/** The rows of a layer's output in memory: float32, row-major, `shape` without the batch. */
export interface Activations {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** A trained array of a layer, such as a kernel. */
export interface Weight {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** A layer as Keras configures it. */
export interface LayerNode {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Trained arrays by Keras's short names: `kernel`, `bias`, … */
  readonly weights: Readonly<Record<string, Weight>>;
}

/** How a class of layers computes: on rows in memory, and as nodes of a TensorFlow graph. Both must agree. */
export interface LayerRule {
  readonly evaluate: (inputs: readonly Activations[], layer: LayerNode, numRows: number) => Activations;
  readonly emit: (graph: GraphBuilder, inputs: readonly GraphTensor[], layer: LayerNode) => GraphTensor;
}

export type LayerRules = Readonly<Record<string, LayerRule>>;

/** A layer's trained array, or an error that names both. */
export function weightOf(layer: LayerNode, name: string): Weight {
  const weight = layer.weights[name];
  if (!weight) {
    const names = Object.keys(layer.weights).join(", ") || "none";
    throw new Error(`Layer "${layer.name}" (${layer.className}) has no weight "${name}"; it has ${names}`);
  }
  return weight;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The size of a tensor's last dimension, which must be known. */
export function lastSize(tensor: GraphTensor, layer: LayerNode): number {
  const size = tensor.shape.at(-1);
  if (size === null || size === undefined) {
    throw new Error(`Layer "${layer.name}" (${layer.className}) needs inputs of a known width`);
  }
  return size;
}

/** An error for an option that a layer has and the export does not know. */
export function unsupportedOption(layer: LayerNode, option: string): Error {
  const value = JSON.stringify(layer.config[option]);
  return new Error(`Layer "${layer.name}" (${layer.className}) has ${option} = ${value}, which cannot be exported`);
}
