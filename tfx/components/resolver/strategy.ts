import type { ArtifactLists } from "../../types/artifact.ts";
import type { Json } from "../executor.ts";

/**
 * How a Resolver chooses. It receives, for each key, every live artifact of the pipeline that the channel describes,
 * newest first, and returns those it chose; an empty list resolves the key to nothing.
 */
export interface ResolverStrategy {
  resolve(candidates: ArtifactLists): ArtifactLists;
}

/** A strategy is given to a Resolver as a class, and constructed with the Resolver's `config` when it runs. */
export type ResolverStrategyClass = new (config: Readonly<Record<string, Json>>) => ResolverStrategy;
