import { readFile } from "node:fs/promises";
import path from "node:path";
import { type Batch, batchOf } from "../data/columns.ts";
import { textOrBytes } from "../data/text.ts";
import type { GraphBuilder, GraphTensor } from "../saved_model/graph-builder.ts";
import { idsByToken, type VocabularyTokens } from "./analyze.ts";
import { valueColumn } from "./column-values.ts";
import { emitOutputs } from "./emit.ts";
import { batchSource, evaluateNodes, type FeatureSource, type Vocabularies } from "./evaluate.ts";
import { type ExpressionGraph, featuresRead, outputPosition } from "./expression-graph.ts";
import type { FeatureSpecs } from "./feature-spec.ts";
import type { EmittedTensor } from "./operations/operation.ts";
import type { TensorSpec } from "./tensor.ts";
import { type Token, tokenBytes } from "./tokens.ts";
import type { Value } from "./values.ts";

/** The form of the JSON file; a reader refuses another. */
const FORMAT = { format: "daisy-transform", version: 1 } as const;

const NEWLINE = 10;

/**
 * An analysed preprocessing function: it computes transformed features from raw ones, in memory and as TensorFlow
 * nodes, without the user's code.
 */
export class TransformFunction {
  readonly graph: ExpressionGraph;
  readonly vocabularies: VocabularyTokens;
  #ids?: Vocabularies;

  constructor(graph: ExpressionGraph, vocabularies: VocabularyTokens) {
    this.graph = graph;
    this.vocabularies = vocabularies;
  }

  /**
   * Reads what `toJson` and `assets` gave.
   * @param assetsFolder where the vocabulary files are
   * @throws when the file is not there or is of another form
   */
  static async read(jsonFile: string, assetsFolder: string): Promise<TransformFunction> {
    const { graph } = parseTransformJson(await readFile(jsonFile, "utf8"), jsonFile);
    const fileNames = graph.nodes
      .filter(({ operation }) => operation === "vocabulary")
      .map(({ attributes }) => String(attributes.fileName));
    const vocabularies = new Map<string, readonly Token[]>();
    for (const fileName of fileNames) {
      vocabularies.set(fileName, linesOf(await readFile(path.join(assetsFolder, fileName))));
    }
    return new TransformFunction(graph, vocabularies);
  }

  toJson(): string {
    return JSON.stringify({ ...FORMAT, ...this.graph });
  }

  /** The bytes of each vocabulary's file, one token in a line. */
  assets(): Record<string, Uint8Array> {
    return Object.fromEntries(Array.from(this.vocabularies, ([fileName, tokens]) => [fileName, fileOf(tokens)]));
  }

  get outputNames(): string[] {
    return Object.keys(this.graph.outputs);
  }

  /** The type and shape of a transformed feature. */
  outputSpec(name: string): TensorSpec {
    return this.graph.nodes[outputPosition(this.graph, name)]!;
  }

  /** The raw features that some transformed ones are made from, and how they are read. */
  inputSpecs(outputNames: readonly string[] = this.outputNames): FeatureSpecs {
    return Object.fromEntries(
      featuresRead(this.graph, [...outputNames]).map((name) => [name, this.graph.inputs[name]!]),
    );
  }

  /** Transformed features of some rows, as arrays by name. */
  evaluate(source: FeatureSource, outputNames: readonly string[] = this.outputNames): Record<string, Value> {
    this.#ids ??= idsByToken(this.vocabularies);
    const positions = outputNames.map((name) => outputPosition(this.graph, name));
    const values = evaluateNodes(this.graph, positions, source, this.#ids);
    return Object.fromEntries(outputNames.map((name, index) => [name, values[index]!]));
  }

  /** Transformed features of a batch of raw examples, as columns. */
  transformBatch(batch: Batch, outputNames: readonly string[] = this.outputNames): Batch {
    const values = this.evaluate(batchSource(batch), outputNames);
    return batchOf(outputNames.map((name) => valueColumn(name, values[name]!, this.outputSpec(name), batch.numRows)));
  }

  /** Adds the nodes that make transformed features from raw ones to a TensorFlow graph. */
  emit(
    graph: GraphBuilder,
    inputs: Readonly<Record<string, EmittedTensor>>,
    outputNames: readonly string[] = this.outputNames,
  ): Record<string, GraphTensor> {
    return emitOutputs(graph, this.graph, inputs, outputNames);
  }
}

function parseTransformJson(text: string, file: string): { readonly graph: ExpressionGraph } {
  const { format, version, ...graph } = JSON.parse(text) as ExpressionGraph & { format?: string; version?: number };
  if (format !== FORMAT.format || version !== FORMAT.version) {
    throw new Error(`${file} should be ${FORMAT.format} version ${FORMAT.version}, got ${format} version ${version}`);
  }
  return { graph };
}

function fileOf(tokens: readonly Token[]): Uint8Array {
  return Buffer.concat(tokens.flatMap((token) => [tokenBytes(token), Buffer.of(NEWLINE)]));
}

function linesOf(bytes: Uint8Array): Token[] {
  const lines: Token[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found === -1 ? bytes.length : found;
    lines.push(textOrBytes(bytes, start, end));
    start = end + 1;
  }
  return lines;
}
