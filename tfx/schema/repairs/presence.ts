import type { Description } from "../../anomalies/description.ts";
import type { FeatureView } from "../feature-view.ts";
import type { Mutable } from "../mutable.ts";
import type { Feature } from "../schema.ts";

/** Relaxes how often a feature must be present to what the data has. */
export function relaxPresence(feature: Mutable<Feature>, view: FeatureView): Description[] {
  const { presence } = feature;
  const found: Description[] = [];
  if (!presence) return found;
  const dropped = (type: Description["type"], long: string) => found.push({ type, short: "Column dropped", long });
  const fewer = "The feature was present in fewer examples than expected";
  if (presence.min_count !== undefined && view.numPresent < presence.min_count) {
    dropped(
      "FEATURE_TYPE_LOW_NUMBER_PRESENT",
      `${fewer}: minimum count = ${presence.min_count}, actual = ${view.numPresent}`,
    );
    presence.min_count = view.numPresent;
  }
  if (presence.min_fraction === undefined) return found;
  const fraction = view.numPresent / view.numExamples;
  if (fraction < presence.min_fraction) {
    const expected = presence.min_fraction.toFixed(6);
    dropped(
      "FEATURE_TYPE_LOW_FRACTION_PRESENT",
      `${fewer}: minimum fraction = ${expected}, actual = ${fraction.toFixed(6)}`,
    );
    presence.min_fraction = fraction;
  }
  if (presence.min_fraction === 1 && view.numMissing !== 0) {
    // So few are missing that the fraction rounds to one; TFDV then asks for a number well away from it.
    presence.min_fraction = 0.9999;
    dropped(
      "FEATURE_TYPE_LOW_FRACTION_PRESENT",
      `The feature was expected everywhere, but was missing in ${view.numMissing} examples.`,
    );
  }
  return found;
}
