import type { RunMirror } from "./run-mirror.ts";

/** A run's name in the log. */
export function describeRun({ runId, structure }: RunMirror): string {
  return `run ${runId} of ${structure.dagId}`;
}
