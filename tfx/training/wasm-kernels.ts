import type { DataType, KernelConfig, TensorInfo } from "@tensorflow/tfjs";
import type { TensorflowApi } from "../tensorflow.ts";

/** The part of the WebAssembly backend that a kernel in JavaScript needs. */
interface WasmMemory {
  makeOutput(shape: readonly number[], dtype: DataType): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array;
}

/** Adds the kernels that training needs and the WebAssembly backend of tfjs 4.22 lacks. */
export function registerMissingWasmKernels(tf: TensorflowApi): void {
  if (!tf.getKernel("UnsortedSegmentSum", "wasm")) tf.registerKernel(unsortedSegmentSum);
}

/** The gradient of `gather`, and so of every embedding layer: adds up rows that carry the same segment id. */
const unsortedSegmentSum: KernelConfig = {
  kernelName: "UnsortedSegmentSum",
  backendName: "wasm",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = attrs as unknown as { numSegments: number };
    const memory = backend as WasmMemory;
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const rowSize = rowShape.reduce((product, size) => product * size, 1);
    const output = memory.makeOutput([numSegments, ...rowShape], x.dtype);
    // The views come after the allocation, which may move the heap.
    const sums = memory.typedArrayFromHeap(output).fill(0);
    const rows = memory.typedArrayFromHeap(x);
    const ids = memory.typedArrayFromHeap(segmentIds);
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row]!;
      if (id < 0 || id >= numSegments) continue;
      for (let column = 0; column < rowSize; column++) {
        sums[id * rowSize + column]! += rows[row * rowSize + column]!;
      }
    }
    return output;
  },
};
