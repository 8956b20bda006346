import type { GraphBuilder, GraphTensor } from "../../saved_model/graph-builder.ts";
import type { Attributes, TensorSpec } from "../tensor.ts";
import type { TokenMap } from "../tokens.ts";
import type { Value } from "../values.ts";

/** One step of a traced function: a tensor's specification, and how it is made. */
export interface ExpressionNode extends TensorSpec {
  readonly operation: string;
  readonly attributes: Attributes;
}

/** The node that an operation evaluates or emits, beside those of its inputs. */
export interface NodeContext {
  readonly node: ExpressionNode;
  readonly inputs: readonly ExpressionNode[];
}

/** What evaluation needs beside the inputs' data. */
export interface EvaluationContext extends NodeContext {
  readonly numRows: number;
  /** Ids by token of a vocabulary. */
  readonly vocabulary: (fileName: string) => TokenMap<bigint>;
}

export interface EmissionContext extends NodeContext {
  readonly graph: GraphBuilder;
}

/** A tensor in the GraphDef; of a sparse one, `values` are its values alone. */
export interface EmittedTensor {
  readonly values: GraphTensor;
  readonly sparse?: { readonly indices: GraphTensor; readonly denseShape: GraphTensor };
}

/**
 * An operation in its two forms, which must agree: `evaluate` computes it on columns in memory (analysis, training
 * data, evaluation), `emit` adds it to the graph that TensorFlow serves.
 */
export interface Operation {
  readonly evaluate: (inputs: readonly Value[], context: EvaluationContext) => Value;
  readonly emit: (inputs: readonly EmittedTensor[], context: EmissionContext) => EmittedTensor;
}

export type Operations = Readonly<Record<string, Operation>>;
