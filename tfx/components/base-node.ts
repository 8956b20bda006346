import { Channel } from "../pipeline/channel.ts";
import type { ArtifactType } from "../types/artifact-type.ts";
import { type CamelCase, toCamelCase } from "./key-case.ts";

/** A node's output channels, spelled in camelCase: `transform.outputs.transformGraph`. */
export type Outputs<Types> = { readonly [Key in keyof Types & string as CamelCase<Key>]: Channel };

/** Ids become task ids and folder names, so they follow Airflow's key pattern and are never `.` or `..`. */
const NODE_ID = /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,250}$/;

/** One node of a pipeline: a component, or a resolver. */
export abstract class BaseNode<OutputTypes extends Readonly<Record<string, ArtifactType>> = Record<string, never>> {
  /** The node's type in ML Metadata, TFX's class path. */
  readonly typeName: string;
  /** Input channels by snake_case key; an optional input that is not wired is absent. */
  readonly inputs: Readonly<Record<string, Channel>>;
  readonly outputs: Outputs<OutputTypes>;
  /** The same outputs by snake_case key, in the declared order, which is the order they are published in. */
  readonly outputChannels: Readonly<Record<string, Channel>>;
  readonly #upstream = new Set<BaseNode>();
  #id: string;

  protected constructor(typeName: string, inputs: Readonly<Record<string, Channel>>, outputTypes: OutputTypes) {
    this.typeName = typeName;
    this.#id = typeName.slice(typeName.lastIndexOf(".") + 1);
    this.inputs = inputs;
    this.outputChannels = Object.fromEntries(
      Object.entries(outputTypes).map(([key, type]) => [key, new Channel(type, { producer: this, outputKey: key })]),
    );
    this.outputs = Object.fromEntries(
      Object.entries(this.outputChannels).map(([key, channel]) => [toCamelCase(key), channel]),
    ) as Outputs<OutputTypes>;
  }

  /** The node's id in the pipeline; the class name unless `withId` says otherwise. */
  get id(): string {
    return this.#id;
  }

  /** Names the node, as is needed when a pipeline has two of one class. */
  withId(id: string): this {
    if (!NODE_ID.test(id)) {
      throw new Error(`A node id has 1 to 250 letters, digits, "_", "." and "-", got ${JSON.stringify(id)}`);
    }
    this.#id = id;
    return this;
  }

  /** Makes this node wait for another one whose outputs it does not read. */
  addUpstreamNode(node: BaseNode): void {
    this.#upstream.add(node);
  }

  /** Makes another node wait for this one. */
  addDownstreamNode(node: BaseNode): void {
    node.addUpstreamNode(this);
  }

  /** Every node this one waits for: the producers of its inputs and those added by hand. */
  get upstreamNodes(): ReadonlySet<BaseNode> {
    const producers = Object.values(this.inputs).map((channel) => channel.producer);
    return new Set([...producers.filter((producer) => producer instanceof BaseNode), ...this.#upstream]);
  }
}
