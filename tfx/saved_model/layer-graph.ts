import type { GraphBuilder, GraphTensor } from "./graph-builder.ts";
import { type Activations, type LayerNode, sizeOf, type Weight } from "./layers/layer.ts";
import { layerRule } from "./layers/registry.ts";

/** What tfjs hands to a save handler: the layers' configuration and their trained arrays. */
export interface ModelArtifacts {
  readonly modelTopology?: object;
  readonly weightSpecs?: readonly WeightSpec[];
  readonly weightData?: ArrayBuffer | readonly ArrayBuffer[];
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

export interface ModelInput {
  readonly name: string;
  /** Sizes of a row. */
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
}

/** A trained network of layers, in an order where inputs come first. */
export interface LayerGraph {
  readonly inputs: readonly ModelInput[];
  readonly layers: readonly { readonly node: LayerNode; readonly inputs: readonly string[] }[];
  /** The layers whose outputs are the model's. */
  readonly outputs: readonly string[];
}

interface LayerConfig {
  readonly name?: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
  /** Of each call of the layer, the tensors it was called on: layer, number of the call, number of the output. */
  readonly inbound_nodes?: readonly (readonly [string, number, number, ...unknown[]][])[];
}

interface ModelConfig {
  readonly class_name: string;
  readonly config: {
    readonly layers: readonly LayerConfig[];
    readonly input_layers?: readonly unknown[];
    readonly output_layers?: readonly unknown[];
  };
}

/**
 * Reads a layers model as tfjs saves it: a Sequential or a functional model.
 * @throws for a layer that cannot be exported, naming it
 */
export function readLayerGraph(artifacts: ModelArtifacts): LayerGraph {
  const model = modelConfig(artifacts.modelTopology);
  const weights = weightsByLayer(artifacts);
  if (model.class_name === "Sequential") return sequentialGraph(model, weights);
  if (model.class_name === "Model" || model.class_name === "Functional") return functionalGraph(model, weights);
  throw new Error(`Expected a Sequential or functional layers model, got class ${model.class_name}`);
}

function modelConfig(topology: object | undefined): ModelConfig {
  const found = topology && "model_config" in topology ? topology.model_config : topology;
  if (typeof found !== "object" || found === null || !("class_name" in found) || !("config" in found)) {
    throw new Error("Expected the topology of a layers model, with class_name and config");
  }
  const model = found as unknown as ModelConfig;
  // Older Keras wrote a Sequential's configuration as the list of its layers.
  return Array.isArray(model.config) ? { class_name: model.class_name, config: { layers: model.config } } : model;
}

type WeightsByLayer = ReadonlyMap<string, Record<string, Weight>>;

function sequentialGraph({ config }: ModelConfig, weights: WeightsByLayer): LayerGraph {
  const [first] = config.layers;
  if (!first) throw new Error("The model has no layers");
  const input = modelInput(first);
  const layers: { node: LayerNode; inputs: string[] }[] = [];
  let before = input.name;
  for (const layer of config.layers) {
    if (layer.class_name === "InputLayer") continue;
    layers.push({ node: layerNode(layer, weights), inputs: [before] });
    before = layer.config.name;
  }
  return { inputs: [input], layers, outputs: [before] };
}

function functionalGraph({ config }: ModelConfig, weights: WeightsByLayer): LayerGraph {
  const byName = new Map(config.layers.map((layer) => [layer.config.name, layer]));
  const ordered: { node: LayerNode; inputs: readonly string[] }[] = [];
  const visited = new Set<string>();
  const visit = (name: string): void => {
    if (visited.has(name)) return;
    visited.add(name);
    const layer = byName.get(name);
    if (!layer) throw new Error(`The model has no layer "${name}"`);
    if (layer.class_name === "InputLayer") return;
    const inputs = inboundLayers(layer);
    inputs.forEach(visit);
    ordered.push({ node: layerNode(layer, weights), inputs });
  };
  const outputs = layerNames(config.output_layers);
  outputs.forEach(visit);
  // tfjs's CategoryEncoding overwrites the shape of what it is called on with its own; it takes one id in each row.
  const encoded = new Set(
    ordered.filter(({ node }) => node.className === "CategoryEncoding").flatMap(({ inputs }) => inputs),
  );
  const inputs = layerNames(config.input_layers)
    .map((name) => modelInput(byName.get(name)!))
    .map((input) => (encoded.has(input.name) ? { ...input, shape: [1] } : input));
  return { inputs, layers: ordered, outputs };
}

/** `[name, 0, 0]` for one layer, a list of such for several. */
function layerNames(references: readonly unknown[] | undefined): string[] {
  const list = typeof references?.[0] === "string" ? [references] : (references ?? []);
  return (list as readonly (readonly [string])[]).map(([name]) => name);
}

function inboundLayers({ inbound_nodes: calls = [], config: { name } }: LayerConfig): string[] {
  const [call] = calls;
  if (calls.length !== 1 || !call) {
    throw new Error(`Layer "${name}" is called ${calls.length} times; only layers called once can be exported`);
  }
  return call.map(([layer]) => layer);
}

function layerNode({ class_name, config }: LayerConfig, weights: WeightsByLayer): LayerNode {
  layerRule(config.name, class_name);
  return { name: config.name, className: class_name, config, weights: weights.get(config.name) ?? {} };
}

function modelInput({ class_name, config }: LayerConfig): ModelInput {
  const shape = (config.batch_input_shape ?? config.batch_shape) as readonly (number | null)[] | undefined;
  if (!shape) throw new Error(`The model's first layer "${config.name}" does not say its input shape`);
  const rowShape = shape.slice(1).map((size) => {
    if (size === null) throw new Error(`The model's input "${config.name}" has a row of unknown size`);
    return size;
  });
  const dtype = config.dtype === "int32" ? "int32" : "float32";
  return { name: class_name === "InputLayer" ? config.name : `${config.name}_input`, shape: rowShape, dtype };
}

/** Trained arrays by layer and short name, from names such as `dense_1/kernel`. */
function weightsByLayer({ weightSpecs = [], weightData }: ModelArtifacts): WeightsByLayer {
  const bytes = joined(weightData);
  const byLayer = new Map<string, Record<string, Weight>>();
  let offset = 0;
  for (const { name, shape, dtype } of weightSpecs) {
    if (dtype !== "float32") throw new Error(`The weight "${name}" is ${dtype}; only float32 can be exported`);
    const length = sizeOf(shape);
    const values = new Float32Array(bytes.slice(offset, offset + 4 * length));
    if (values.length !== length) throw new Error(`The weights end within "${name}"`);
    offset += 4 * length;
    const slash = name.lastIndexOf("/");
    const layer = name.slice(0, slash);
    byLayer.set(layer, { ...byLayer.get(layer), [name.slice(slash + 1)]: { values, shape } });
  }
  return byLayer;
}

/** The trained arrays as one buffer. */
export function joined(data: ModelArtifacts["weightData"]): ArrayBuffer {
  if (data === undefined) return new ArrayBuffer(0);
  if (data instanceof ArrayBuffer) return data;
  const buffer = Buffer.concat((data as readonly ArrayBuffer[]).map((part) => new Uint8Array(part)));
  return new Uint8Array(buffer).buffer;
}

/** Computes the model's outputs for some rows, by output layer. */
export function evaluateLayers(
  model: LayerGraph,
  inputs: Readonly<Record<string, Activations>>,
  numRows: number,
): Record<string, Activations> {
  const computed = new Map(Object.entries(inputs));
  for (const { node, inputs: names } of model.layers) {
    const rule = layerRule(node.name, node.className);
    computed.set(
      node.name,
      rule.evaluate(
        names.map((name) => computed.get(name)!),
        node,
        numRows,
      ),
    );
  }
  return Object.fromEntries(model.outputs.map((name) => [name, computed.get(name)!]));
}

/** Adds the model's layers to a TensorFlow graph and returns its outputs by output layer. */
export function emitLayers(
  graph: GraphBuilder,
  model: LayerGraph,
  inputs: Readonly<Record<string, GraphTensor>>,
): Record<string, GraphTensor> {
  const emitted = new Map(Object.entries(inputs));
  for (const { node, inputs: names } of model.layers) {
    const rule = layerRule(node.name, node.className);
    emitted.set(
      node.name,
      rule.emit(
        graph,
        names.map((name) => emitted.get(name)!),
        node,
      ),
    );
  }
  return Object.fromEntries(model.outputs.map((name) => [name, emitted.get(name)!]));
}
