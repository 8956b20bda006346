import type { ArtifactLists } from "../../types/artifact.ts";
import type { Json } from "../executor.ts";
import type { ResolverStrategy } from "./strategy.ts";

/**
 * The newest artifacts of each key; `config: { desiredNumOfArtifacts: 3 }` asks for three. Every key resolves to
 * nothing when one of them has fewer.
 */
export class LatestArtifactStrategy implements ResolverStrategy {
  readonly #count: number;

  constructor(config: Readonly<Record<string, Json>> = {}) {
    const count = config.desiredNumOfArtifacts ?? 1;
    if (typeof count !== "number" || !Number.isInteger(count) || count < 1) {
      throw new Error(`desiredNumOfArtifacts must be a whole number of at least 1, got ${JSON.stringify(count)}`);
    }
    this.#count = count;
  }

  resolve(candidates: ArtifactLists): ArtifactLists {
    const enough = Object.values(candidates).every((list) => list.length >= this.#count);
    return Object.fromEntries(
      Object.entries(candidates).map(([key, list]) => [key, enough ? list.slice(0, this.#count) : []]),
    );
  }
}
