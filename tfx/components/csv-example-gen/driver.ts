import type { ResolveExecProperties } from "../component.ts";
import { exampleGenConfig } from "./config.ts";
import { inputFingerprint, matchInputs } from "./input-files.ts";

/** Adds what the input files are like, so that a changed file is not served from the cache. */
export const resolveExecProperties: ResolveExecProperties = async (execProperties) => {
  const config = exampleGenConfig(execProperties);
  return { ...execProperties, span: 0, input_fingerprint: inputFingerprint(await matchInputs(config)) };
};
