import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { messageType } from "../protos/message-type.ts";
import { shapeProto } from "./attributes.ts";
import { dataTypeName, type GraphBuilder, type GraphTensor } from "./graph-builder.ts";
import type { MetaGraphDef, SavedModelMessage, SignatureDef, TensorInfo } from "./graph-messages.ts";

/** A function of the model by name: what to feed and what to fetch. */
export interface Signature {
  readonly inputs: Readonly<Record<string, GraphTensor>>;
  readonly outputs: Readonly<Record<string, GraphTensor>>;
}

export interface SavedModelContents {
  readonly graph: GraphBuilder;
  /** By key, such as `serving_default`. */
  readonly signatures: Readonly<Record<string, Signature>>;
  /** Bytes of every file that the graph's assets name. */
  readonly assets?: Readonly<Record<string, Uint8Array>>;
  /** Files that TensorFlow keeps with the model and does not read, under `assets.extra/`, by relative path. */
  readonly extra?: Readonly<Record<string, Uint8Array | string>>;
}

/** The tag under which servers look for the graph. */
export const SERVING_TAG = "serve";

/** The collection under which loaders look for the node that fills tables. */
const INIT_OP_COLLECTION = "saved_model_main_op";

/** The release whose file format this is; loaders only show it. */
const TENSORFLOW_VERSION = "2.9.1";

const SavedModel = messageType<SavedModelMessage>(
  "tensorflow/core/protobuf/saved_model.proto",
  "tensorflow.SavedModel",
);

/**
 * Writes a SavedModel that TensorFlow, TensorFlow Serving and tfjs-node load: one graph tagged `serve`, weights as
 * constants (so there is no `variables/`), files under `assets/`. `saved_model.pb` comes last, because servers
 * take it as the sign that the rest is there.
 * @throws when the graph reads an asset that is not given
 */
export async function writeSavedModel(directory: string, contents: SavedModelContents): Promise<void> {
  const { graph, assets = {}, extra = {} } = contents;
  for (const { fileName } of graph.assets) {
    const bytes = assets[fileName];
    if (!bytes) throw new Error(`The graph reads the asset "${fileName}", which was not given`);
    await writeAside(path.join(directory, "assets", fileName), bytes);
  }
  for (const [file, bytes] of Object.entries(extra)) {
    await writeAside(path.join(directory, "assets.extra", file), bytes);
  }
  await writeAside(path.join(directory, "saved_model.pb"), savedModelBytes(contents));
}

/** The content of `saved_model.pb`. */
export function savedModelBytes({ graph, signatures }: SavedModelContents): Uint8Array {
  const assets = graph.assets.map(({ fileName, tensor }) => ({
    tensor_info: tensorInfo(tensor),
    filename: fileName,
  }));
  const { graph: graphDef, initializer } = graph.finish();
  const metaGraph: MetaGraphDef = {
    meta_info_def: { tags: [SERVING_TAG], tensorflow_version: TENSORFLOW_VERSION },
    graph_def: graphDef,
    signature_def: mapValues(signatures, signatureDef),
    collection_def: { [INIT_OP_COLLECTION]: { node_list: { value: [initializer] } } },
    asset_file_def: assets,
  };
  return SavedModel.encode({ saved_model_schema_version: 1, meta_graphs: [metaGraph] });
}

function signatureDef({ inputs, outputs }: Signature): SignatureDef {
  return {
    inputs: mapValues(inputs, tensorInfo),
    outputs: mapValues(outputs, tensorInfo),
    method_name: "tensorflow/serving/predict",
  };
}

function tensorInfo(tensor: GraphTensor): TensorInfo {
  return { name: tensor.name, dtype: dataTypeName(tensor), tensor_shape: shapeProto(tensor.shape) };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

async function writeAside(file: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const aside = `${file}.writing`;
  await writeFile(aside, bytes);
  await rename(aside, file);
}
