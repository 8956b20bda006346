import type { Artifact, ArtifactLists } from "../../types/artifact.ts";
import type { ResolverStrategy } from "./strategy.ts";

/**
 * The newest model that an Evaluator blessed, together with its blessing; both resolve to nothing before the first
 * blessing. It works on two channels, which have to be named `model` and `modelBlessing`.
 */
export class LatestBlessedModelStrategy implements ResolverStrategy {
  resolve(candidates: ArtifactLists): ArtifactLists {
    const { model: models, model_blessing: blessings } = candidates;
    if (models === undefined || blessings === undefined) {
      throw new Error(
        `LatestBlessedModelStrategy needs the channels model and modelBlessing, got ${Object.keys(candidates).join(", ") || "none"}`,
      );
    }
    for (const model of models) {
      const blessing = blessings.find((candidate) => blesses(candidate, model));
      if (blessing !== undefined) return { model: [model], model_blessing: [blessing] };
    }
    return { model: [], model_blessing: [] };
  }
}

/** An Evaluator writes these custom properties beside the file BLESSED. */
function blesses(blessing: Artifact, model: Artifact): boolean {
  const { blessed, current_model_id } = blessing.customProperties;
  return Number(blessed) === 1 && Number(current_model_id) === model.id;
}
