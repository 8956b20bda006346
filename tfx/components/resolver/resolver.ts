import { Channel } from "../../pipeline/channel.ts";
import type { ArtifactType } from "../../types/artifact-type.ts";
import { BaseNode } from "../base-node.ts";
import type { Json } from "../executor.ts";
import { toSnakeCase } from "../key-case.ts";
import type { ResolverStrategyClass } from "./strategy.ts";

interface ResolverSettings {
  readonly strategyClass: ResolverStrategyClass;
  /** What the strategy is constructed with. */
  readonly config?: Readonly<Record<string, Json>>;
}

/** The names in a Resolver's options that are channels. */
type ChannelNames<Options> = Exclude<keyof Options, keyof ResolverSettings> & string;

/**
 * Finds artifacts of earlier runs in the metadata store, so that other nodes can read them. Its outputs are named like
 * the channels it is given. What it finds nothing for resolves to nothing, which an optional input accepts.
 *
 * @example
 * ```ts
 * const modelResolver = new Resolver({
 *   strategyClass: LatestBlessedModelStrategy,
 *   model: new Channel(Model),
 *   modelBlessing: new Channel(ModelBlessing),
 * }).withId("latest_blessed_model_resolver");
 *
 * const evaluator = new Evaluator({ examples, model, baselineModel: modelResolver.outputs.model, evalConfig });
 * ```
 */
export class Resolver<Options extends ResolverSettings = ResolverSettings> extends BaseNode<
  Readonly<Record<ChannelNames<Options>, ArtifactType>>
> {
  readonly strategyClass: ResolverStrategyClass;
  readonly config: Readonly<Record<string, Json>>;

  constructor(options: Options & Readonly<Record<ChannelNames<Options>, Channel>>) {
    const { strategyClass, config = {}, ...channels } = options;
    const inputs = checkedChannels(channels);
    super("tfx.dsl.components.common.resolver.Resolver", inputs, typesOf(inputs) as never);
    if (typeof strategyClass !== "function" || typeof strategyClass.prototype?.resolve !== "function") {
      throw new TypeError(`A Resolver's strategyClass must be a class with a method resolve, got ${strategyClass}`);
    }
    this.strategyClass = strategyClass;
    this.config = config;
  }
}

function checkedChannels(channels: Readonly<Record<string, unknown>>): Record<string, Channel> {
  const inputs: Record<string, Channel> = {};
  for (const [name, channel] of Object.entries(channels)) {
    if (!(channel instanceof Channel)) {
      throw new TypeError(`Argument ${name} of Resolver should be a Channel (got ${JSON.stringify(channel)}).`);
    }
    inputs[toSnakeCase(name)] = channel;
  }
  if (Object.keys(inputs).length === 0) throw new Error("A Resolver needs at least one channel to resolve.");
  return inputs;
}

function typesOf(channels: Readonly<Record<string, Channel>>): Record<string, ArtifactType> {
  return Object.fromEntries(Object.entries(channels).map(([key, channel]) => [key, channel.type]));
}
