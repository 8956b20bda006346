import { attribute, type ConstantValues, constantDType, tensorProto } from "./attributes.ts";
import { DATA_TYPES, type DType, type Shape } from "./dtype.ts";
import type { AttrValue, GraphDef, NodeDef } from "./graph-messages.ts";

/** The output of a node: what other nodes take as input. */
export interface GraphTensor {
  /** `<node>:<output>`, TensorFlow's name of it. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A file that the graph reads through a tensor holding its path; the loader feeds the path. */
export interface GraphAsset {
  readonly fileName: string;
  readonly tensor: GraphTensor;
}

/** The handle of a lookup table from strings to int64, filled when the graph is loaded. */
export interface GraphTable {
  readonly handle: string;
}

export interface NodeOptions {
  readonly inputs?: readonly (GraphTensor | string)[];
  readonly attributes?: Readonly<Record<string, AttrValue>>;
  /** Nodes that must have run before this one, without giving it a value. */
  readonly after?: readonly string[];
}

/**
 * The versions in a GraphDef: written as TensorFlow 2.9 would (the library under tfjs-node), readable by any
 * TensorFlow from 1.0 on.
 */
const VERSIONS = { producer: 1087, min_consumer: 12 } as const;

/** Puts a GraphDef together node by node, in an order where inputs come first; names are made unique. */
export class GraphBuilder {
  readonly #nodes: NodeDef[] = [];
  readonly #names = new Set<string>();
  readonly #assets = new Map<string, GraphAsset>();
  readonly #tables = new Map<string, GraphTable>();
  readonly #initializers: string[] = [];

  /** Adds a node and returns its name, which has a number appended when the wish is taken. */
  node(op: string, wishedName: string, { inputs = [], attributes = {}, after = [] }: NodeOptions = {}): string {
    const name = this.#uniqueName(wishedName);
    const input = [
      ...inputs.map((tensor) => (typeof tensor === "string" ? tensor : tensor.name)),
      ...after.map((node) => `^${node}`),
    ];
    this.#nodes.push({ name, op, input, attr: attributes });
    return name;
  }

  /** Adds a node whose first output is what matters. */
  tensor(op: string, wishedName: string, dtype: DType, shape: Shape, options: NodeOptions = {}): GraphTensor {
    return { name: `${this.node(op, wishedName, options)}:0`, dtype, shape };
  }

  placeholder(wishedName: string, dtype: DType, shape: Shape): GraphTensor {
    const attributes = { dtype: attribute.type(dtype), shape: attribute.shape(shape) };
    return this.tensor("Placeholder", wishedName, dtype, shape, { attributes });
  }

  constant(wishedName: string, values: ConstantValues, shape: readonly number[] = []): GraphTensor {
    const dtype = constantDType(values);
    const attributes = { dtype: attribute.type(dtype), value: attribute.tensor(tensorProto(values, shape)) };
    return this.tensor("Const", wishedName, dtype, shape, { attributes });
  }

  /** A scalar of a numeric type. */
  scalar(wishedName: string, dtype: "float32" | "float64" | "int32" | "int64", value: number | bigint): GraphTensor {
    return this.constant(wishedName, scalarValues(dtype, value));
  }

  cast(wishedName: string, tensor: GraphTensor, dtype: DType): GraphTensor {
    if (tensor.dtype === dtype) return tensor;
    return this.tensor("Cast", wishedName, dtype, tensor.shape, {
      inputs: [tensor],
      attributes: { SrcT: attribute.type(tensor.dtype), DstT: attribute.type(dtype) },
    });
  }

  /** An element-wise node of two tensors of one type, with the type attribute `T`. */
  binary(op: string, wishedName: string, left: GraphTensor, right: GraphTensor, dtype = left.dtype): GraphTensor {
    if (left.dtype !== right.dtype) {
      throw new Error(`${op} "${wishedName}" takes two tensors of one type, got ${left.dtype} and ${right.dtype}`);
    }
    const shape = left.shape.length >= right.shape.length ? left.shape : right.shape;
    return this.tensor(op, wishedName, dtype, shape, {
      inputs: [left, right],
      attributes: { T: attribute.type(left.dtype) },
    });
  }

  /** An element-wise node of one tensor, with the type attribute `T`. */
  unary(op: string, wishedName: string, tensor: GraphTensor, dtype = tensor.dtype): GraphTensor {
    const attributes = { T: attribute.type(tensor.dtype) };
    return this.tensor(op, wishedName, dtype, tensor.shape, { inputs: [tensor], attributes });
  }

  /** Takes `whenTrue` where the condition holds and `whenFalse` elsewhere, with broadcasting. */
  select(wishedName: string, condition: GraphTensor, whenTrue: GraphTensor, whenFalse: GraphTensor): GraphTensor {
    const longest = [condition, whenTrue, whenFalse].reduce((a, b) => (b.shape.length > a.shape.length ? b : a));
    return this.tensor("SelectV2", wishedName, whenTrue.dtype, longest.shape, {
      inputs: [condition, whenTrue, whenFalse],
      attributes: { T: attribute.type(whenTrue.dtype) },
    });
  }

  /** Gives a tensor another shape; at most one size may be null, and is then computed. */
  reshape(wishedName: string, tensor: GraphTensor, shape: Shape): GraphTensor {
    const sizes = this.constant(
      `${wishedName}/shape`,
      Int32Array.from(shape, (size) => size ?? -1),
      [shape.length],
    );
    return this.tensor("Reshape", wishedName, tensor.dtype, shape, {
      inputs: [tensor, sizes],
      attributes: { T: attribute.type(tensor.dtype), Tshape: attribute.type("int32") },
    });
  }

  /** The path of a file under `assets/`, as a tensor. */
  asset(fileName: string): GraphAsset {
    const known = this.#assets.get(fileName);
    if (known) return known;
    const made = { fileName, tensor: this.constant(`asset/${fileName}`, [fileName]) };
    this.#assets.set(fileName, made);
    return made;
  }

  /** A table from each line of an asset to its line number, from 0; other keys find −1. */
  lineNumberTable(fileName: string): GraphTable {
    const known = this.#tables.get(fileName);
    if (known) return known;
    const handle = this.node("HashTableV2", `table/${fileName}`, {
      attributes: {
        key_dtype: attribute.type("string"),
        value_dtype: attribute.type("int64"),
        shared_name: attribute.text(`table_${fileName}`),
        container: attribute.text(""),
        use_node_name_sharing: attribute.bool(true),
      },
    });
    const wholeLine = -2;
    const lineNumber = -1;
    const filled = this.node("InitializeTableFromTextFileV2", `table/${fileName}/fill`, {
      inputs: [`${handle}:0`, this.asset(fileName).tensor],
      attributes: {
        key_index: attribute.int(wholeLine),
        value_index: attribute.int(lineNumber),
        vocab_size: attribute.int(-1),
        delimiter: attribute.text("\t"),
        offset: attribute.int(0),
      },
    });
    this.#initializers.push(filled);
    const made = { handle: `${handle}:0` };
    this.#tables.set(fileName, made);
    return made;
  }

  lookup(wishedName: string, table: GraphTable, keys: GraphTensor): GraphTensor {
    return this.tensor("LookupTableFindV2", wishedName, "int64", keys.shape, {
      inputs: [table.handle, keys, this.scalar(`${wishedName}/missing`, "int64", -1n)],
      attributes: { Tin: attribute.type("string"), Tout: attribute.type("int64") },
    });
  }

  get assets(): readonly GraphAsset[] {
    return [...this.#assets.values()];
  }

  /** Closes the graph: adds the node that runs every initializer and returns both. */
  finish(): { readonly graph: GraphDef; readonly initializer: string } {
    const initializer = this.node("NoOp", "initialize", { after: this.#initializers });
    return { graph: { node: this.#nodes, versions: VERSIONS }, initializer };
  }

  #uniqueName(wish: string): string {
    const legal = wish.replace(/[^A-Za-z0-9_.\\/>-]/g, "_").replace(/^[^A-Za-z0-9.]/, ".$&");
    let name = legal;
    for (let number = 1; this.#names.has(name); number++) name = `${legal}_${number}`;
    this.#names.add(name);
    return name;
  }
}

function scalarValues(dtype: "float32" | "float64" | "int32" | "int64", value: number | bigint): ConstantValues {
  switch (dtype) {
    case "float32":
      return Float32Array.of(Number(value));
    case "float64":
      return Float64Array.of(Number(value));
    case "int32":
      return Int32Array.of(Number(value));
    case "int64":
      return BigInt64Array.of(BigInt(value));
  }
}

/** What a signature says of a tensor. */
export function dataTypeName(tensor: GraphTensor): string {
  return DATA_TYPES[tensor.dtype];
}
