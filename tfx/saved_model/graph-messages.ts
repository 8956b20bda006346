import type { Int64 } from "../protos/message-type.ts";

/* The messages of a SavedModel as our codec takes them (protos under tfx/protos/tensorflow), as far as we write them. */

export interface TensorShapeProto {
  readonly dim?: readonly { readonly size: Int64 }[];
  readonly unknown_rank?: boolean;
}

export interface TensorProto {
  readonly dtype: string;
  readonly tensor_shape: TensorShapeProto;
  readonly tensor_content?: Uint8Array;
  readonly string_val?: readonly Uint8Array[];
}

/** One attribute of a node; exactly one field is set. */
export interface AttrValue {
  readonly s?: Uint8Array;
  readonly i?: Int64;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: string;
  readonly shape?: TensorShapeProto;
  readonly tensor?: TensorProto;
  readonly list?: {
    readonly i?: readonly Int64[];
    readonly f?: readonly number[];
    readonly type?: readonly string[];
    readonly shape?: readonly TensorShapeProto[];
  };
}

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, AttrValue>>;
}

export interface GraphDef {
  readonly node: readonly NodeDef[];
  readonly versions: { readonly producer: number; readonly min_consumer: number };
}

export interface TensorInfo {
  readonly name: string;
  readonly dtype: string;
  readonly tensor_shape: TensorShapeProto;
}

export interface SignatureDef {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
  readonly method_name: string;
}

export interface MetaGraphDef {
  readonly meta_info_def: { readonly tags: readonly string[]; readonly tensorflow_version: string };
  readonly graph_def: GraphDef;
  readonly signature_def: Readonly<Record<string, SignatureDef>>;
  readonly collection_def?: Readonly<Record<string, { readonly node_list: { readonly value: readonly string[] } }>>;
  readonly asset_file_def?: readonly { readonly tensor_info: TensorInfo; readonly filename: string }[];
}

export interface SavedModelMessage {
  readonly saved_model_schema_version: Int64;
  readonly meta_graphs: readonly MetaGraphDef[];
}
