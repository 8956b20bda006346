/** A feature's place: its name, with more steps inside structs (`tensorflow.metadata.v0.Path`). */
export interface Path {
  readonly step: readonly string[];
}

/**
 * A path as one string, the key in `Anomalies.anomaly_info`: steps joined with dots; a step that holds one of `( ) . '`
 * is put in single quotes, inner ones doubled, unless it is wholly parenthesised.
 */
export function serializePath(path: Path): string {
  return path.step.map(serializeStep).join(".");
}

function serializeStep(step: string): string {
  if (!/[().']/.test(step) || /^\([^()]*\)$/.test(step)) return step;
  return `'${step.replaceAll("'", "''")}'`;
}
