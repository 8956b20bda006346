import type { ArtifactType } from "../types/artifact-type.ts";

/** What a channel needs to know of the node that fills it; the id is read late, since `withId` may come after. */
export interface ChannelProducer {
  readonly id: string;
}

/**
 * The wire between two nodes: artifacts of one type, produced under one output key.
 *
 * A node's outputs are channels with a producer. A channel without one, `new Channel(Model)`, stands for "artifacts of
 * this type in the store", and only a Resolver accepts it.
 */
export class Channel {
  readonly type: ArtifactType;
  readonly producer: ChannelProducer | undefined;
  /** The producer's snake_case output key, which is also a folder name. */
  readonly outputKey: string | undefined;

  constructor(type: ArtifactType, source?: { readonly producer: ChannelProducer; readonly outputKey: string }) {
    this.type = type;
    this.producer = source?.producer;
    this.outputKey = source?.outputKey;
  }

  /** For messages: `Channel(Examples from CsvExampleGen.examples)`. */
  toString(): string {
    const source = this.producer ? ` from ${this.producer.id}.${this.outputKey}` : "";
    return `Channel(${this.type.name}${source})`;
  }
}
