import { attribute } from "../../saved_model/attributes.ts";
import type { DType } from "../../saved_model/dtype.ts";
import { describe, expectDense, expectTensor, rowWidth, Tensor, type TensorLike } from "../tensor.ts";
import type { Token } from "../tokens.ts";
import { allocate, bigints, type Value, type Values } from "../values.ts";
import { decodeValues, encodeValues, toTensor } from "./constant.ts";
import type { EmissionContext, Operation, Operations } from "./operation.ts";

/**
 * A dense tensor `[batch, width]` from a sparse one: rows with fewer values are filled up with the default. A row with
 * more values is an error, in training and in serving. A tensor that is dense already, because the schema gives its
 * feature a shape, stays as it is when it has that width.
 * @param options.width values in a row, default 1
 */
export function sparseToDense(x: Tensor, defaultValue: TensorLike, options: { readonly width?: number } = {}): Tensor {
  expectTensor("sparseToDense()", x);
  const { width = 1 } = options;
  if (!Number.isInteger(width) || width < 1) throw new RangeError(`sparseToDense() expected a width ≥ 1, got ${width}`);
  if (x.layout === "dense") {
    if (x.shape.length === 2 && x.shape[1] === width) return x;
    throw new TypeError(`sparseToDense() expected a sparse tensor, or a dense [?, ${width}], got ${describe(x)}`);
  }
  const filler = toTensor(defaultValue, x.dtype);
  if (filler.operation !== "constant" || filler.shape.length > 0 || filler.dtype !== x.dtype) {
    throw new TypeError(`sparseToDense() expected a plain ${x.dtype} as default, got ${describe(filler)}`);
  }
  const spec = { dtype: x.dtype, shape: [null, width], layout: "dense" } as const;
  const source = sourceFeature(x);
  return new Tensor("sparseToDense", [x], spec, {
    default: encodeValues(decodeValues(filler.attributes.values, x.dtype)),
    ...(source === undefined ? {} : { feature: source }),
  });
}

/** The feature that a sparse tensor comes from, for messages about its rows. */
function sourceFeature(x: Tensor): string | undefined {
  if (x.operation === "input") return String(x.attributes.feature);
  return x.inputs[0] && sourceFeature(x.inputs[0]);
}

/** Takes away a dimension of size 1, such as `squeeze(x, 1)` from `[batch, 1]` to `[batch]`. */
export function squeeze(x: Tensor, axis = 1): Tensor {
  expectTensor("squeeze()", x);
  expectDense("squeeze()", x);
  if (axis < 1 || x.shape[axis] !== 1) {
    throw new TypeError(`squeeze() expected a size of 1 at axis ${axis}, got ${describe(x)}`);
  }
  return reshaped(x, [...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)]);
}

/** Adds a dimension of size 1, such as `expandDims(x, 1)` from `[batch]` to `[batch, 1]`. */
export function expandDims(x: Tensor, axis = 1): Tensor {
  expectTensor("expandDims()", x);
  expectDense("expandDims()", x);
  if (x.shape.length === 0 || !Number.isInteger(axis) || axis < 1 || axis > x.shape.length) {
    throw new TypeError(`expandDims() cannot add axis ${axis} to ${describe(x)}`);
  }
  return reshaped(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
}

/** Another arrangement of each row's values; the batch stays the first size and is given as −1 or null. */
export function reshape(x: Tensor, shape: readonly (number | null)[]): Tensor {
  expectTensor("reshape()", x);
  expectDense("reshape()", x);
  const wanted = [null, ...shape.slice(1)];
  const [first] = shape;
  const fixed = wanted.slice(1).every((size) => Number.isInteger(size) && size! > 0);
  if ((first !== null && first !== -1) || !fixed || rowWidth(wanted) !== rowWidth(x.shape) || x.shape.length === 0) {
    throw new TypeError(`reshape() expected [-1, sizes of ${rowWidth(x.shape)} values], got [${shape.join(", ")}]`);
  }
  return reshaped(x, wanted);
}

function reshaped(x: Tensor, shape: readonly (number | null)[]): Tensor {
  return new Tensor("reshape", [x], { dtype: x.dtype, shape, layout: "dense" });
}

/** Sets `[batch]` tensors of one type side by side as `[batch, number of tensors]`. */
export function stack(tensors: readonly Tensor[]): Tensor {
  return concat(tensors.map((tensor) => (tensor.shape.length === 1 ? expandDims(tensor, 1) : tensor)));
}

/** Sets `[batch, width]` tensors of one type side by side, by the last axis. */
export function concat(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (!first) throw new TypeError("concat() expected at least one tensor, got none");
  for (const tensor of tensors) {
    expectTensor("concat()", tensor, [first.dtype]);
    expectDense("concat()", tensor);
    if (tensor.shape.length !== 2) throw new TypeError(`concat() expected [batch, width], got ${describe(tensor)}`);
  }
  const width = tensors.reduce((sum, { shape }) => sum + rowWidth(shape), 0);
  return new Tensor("concat", tensors, { dtype: first.dtype, shape: [null, width], layout: "dense" });
}

/** A float32 row of `depth` zeros with a 1 at the id's place; an id outside gives only zeros. */
export function oneHot(x: Tensor, depth: number): Tensor {
  expectTensor("oneHot()", x, ["int64"]);
  expectDense("oneHot()", x);
  if (!Number.isInteger(depth) || depth < 1) throw new RangeError(`oneHot() expected a depth ≥ 1, got ${depth}`);
  return new Tensor("oneHot", [x], { dtype: "float32", shape: [...x.shape, depth], layout: "dense" }, { depth });
}

const sparseToDenseOperation: Operation = {
  evaluate: ([x], { node, numRows }) => {
    const width = rowWidth(node.shape);
    const filler = decodeValues(node.attributes.default, node.dtype)[0]!;
    const offsets = x!.offsets!;
    if (width === 1 && isOnePerRow(offsets)) return { values: x!.values };
    const values = filledWith(node.dtype, numRows * width, filler);
    for (let row = 0; row < numRows; row++) {
      const [start, end] = [offsets[row]!, offsets[row + 1]!];
      if (end - start > width) {
        throw new Error(
          `sparseToDense() of feature "${node.attributes.feature}": row ${row} of the batch has ${end - start} values, at most ${width} fit`,
        );
      }
      for (let i = start; i < end; i++) (values as Token[])[row * width + i - start] = x!.values[i] as Token;
    }
    return { values };
  },
  emit: ([x], { node, graph }) => {
    const { indices, denseShape } = x!.sparse!;
    const width = rowWidth(node.shape);
    const batch = graph.tensor("GatherV2", "sparseToDense/batch", "int64", [1], {
      inputs: [denseShape, graph.constant("sparseToDense/first", Int32Array.of(0), [1]), zeroAxis(graph)],
      attributes: {
        Tparams: attribute.type("int64"),
        Tindices: attribute.type("int32"),
        Taxis: attribute.type("int32"),
      },
    });
    const widthTensor = graph.constant("sparseToDense/width", BigInt64Array.of(BigInt(width)), [1]);
    const shape = graph.tensor("ConcatV2", "sparseToDense/shape", "int64", [2], {
      inputs: [batch, widthTensor, zeroAxis(graph)],
      attributes: { N: attribute.int(2), T: attribute.type("int64"), Tidx: attribute.type("int32") },
    });
    const filler = graph.constant("sparseToDense/default", decodeValues(node.attributes.default, node.dtype));
    const values = graph.tensor("SparseToDense", "sparseToDense", node.dtype, node.shape, {
      inputs: [indices, shape, x!.values, filler],
      attributes: { T: attribute.type(node.dtype), Tindices: attribute.type("int64") },
    });
    return { values };
  },
};

function zeroAxis(graph: EmissionContext["graph"]) {
  return graph.scalar("axis", "int32", 0);
}

function isOnePerRow(offsets: Uint32Array): boolean {
  for (let row = 0; row < offsets.length; row++) if (offsets[row] !== row) return false;
  return true;
}

function filledWith(dtype: DType, length: number, filler: Values[number]): Values {
  if (dtype === "string") return new Array<Token>(length).fill(filler as Token);
  const values = allocate(dtype, length);
  if (values instanceof BigInt64Array) return values.fill(filler as bigint);
  return values.fill(filler as number);
}

const concatOperation: Operation = {
  evaluate: (inputs, { node, inputs: nodes, numRows }) => {
    const width = rowWidth(node.shape);
    const values = filledWith(
      node.dtype,
      numRows * width,
      node.dtype === "string" ? "" : node.dtype === "int64" ? 0n : 0,
    );
    let start = 0;
    inputs.forEach((input, index) => {
      const inputWidth = rowWidth(nodes[index]!.shape);
      for (let row = 0; row < numRows; row++) {
        for (let i = 0; i < inputWidth; i++) {
          (values as Token[])[row * width + start + i] = input.values[row * inputWidth + i] as Token;
        }
      }
      start += inputWidth;
    });
    return { values };
  },
  emit: (inputs, { node, graph }) => ({
    values: graph.tensor("ConcatV2", "concat", node.dtype, node.shape, {
      inputs: [...inputs.map(({ values }) => values), graph.scalar("concat/axis", "int32", 1)],
      attributes: { N: attribute.int(inputs.length), T: attribute.type(node.dtype), Tidx: attribute.type("int32") },
    }),
  }),
};

const oneHotOperation: Operation = {
  evaluate: ([x], { node }) => {
    const depth = Number(node.attributes.depth);
    const ids = bigints(x!);
    const values = new Float32Array(ids.length * depth);
    ids.forEach((id, i) => {
      if (id >= 0n && id < BigInt(depth)) values[i * depth + Number(id)] = 1;
    });
    return { values };
  },
  emit: ([x], { node, graph }) => ({
    values: graph.tensor("OneHot", "oneHot", "float32", node.shape, {
      inputs: [
        x!.values,
        graph.scalar("oneHot/depth", "int32", Number(node.attributes.depth)),
        graph.scalar("oneHot/on", "float32", 1),
        graph.scalar("oneHot/off", "float32", 0),
      ],
      attributes: { T: attribute.type("float32"), TI: attribute.type("int64"), axis: attribute.int(-1) },
    }),
  }),
};

export const shapeOperations: Operations = {
  sparseToDense: sparseToDenseOperation,
  reshape: {
    evaluate: ([x]): Value => ({ values: x!.values }),
    emit: ([x], { node, graph }) => ({ values: graph.reshape("reshape", x!.values, node.shape) }),
  },
  concat: concatOperation,
  oneHot: oneHotOperation,
};
