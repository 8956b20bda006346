import { existsSync } from "node:fs";
import path from "node:path";
import { type Artifact, type ArtifactLists, optionalArtifact, singleArtifact } from "../../types/artifact.ts";
import type { Execute, ExecutorContext, Json } from "../executor.ts";
import { copyModel, copyModelFiles } from "./copy-model.ts";

/** Where InfraValidator leaves a model with warm-up requests added. */
const STAMPED_MODEL = "stamped_model";
const SERVING_MODEL = "Format-Serving";

export const execute: Execute = (inputs, outputs, execProperties, context) =>
  push(inputs, outputs, execProperties, context);

/**
 * TFX's Pusher: pushes when every blessing that is wired is positive. The version is the Unix time in seconds; a
 * destination that exists is left alone, and the push counts as done.
 */
export async function push(
  inputs: ArtifactLists,
  outputs: ArtifactLists,
  execProperties: Readonly<Record<string, Json>>,
  { log, signal }: Pick<ExecutorContext, "log" | "signal">,
  now: () => number = Date.now,
): Promise<void> {
  const pushedModel = singleArtifact(outputs, "pushed_model");
  if (!isBlessed(inputs, log)) {
    pushedModel.customProperties.pushed = 0;
    return;
  }
  const from = modelFolder(inputs);
  const version = String(Math.floor(now() / 1000));
  const destination = path.join(baseDirectory(execProperties), version);
  log(`Model version: ${version}`);
  if (existsSync(destination)) {
    log(`Destination directory ${destination} already exists, skipping current push.`);
  } else {
    await copyModel(from, destination, signal);
    log(`Model written to serving path ${destination}.`);
  }
  await copyModelFiles(from, pushedModel.uri, signal);
  Object.assign(pushedModel.customProperties, {
    pushed: 1,
    pushed_destination: destination,
    pushed_version: version,
  });
  log(`Model pushed to ${pushedModel.uri}.`);
}

function isBlessed(inputs: ArtifactLists, log: (message: string) => void): boolean {
  const modelBlessing = optionalArtifact(inputs, "model_blessing");
  const infraBlessing = optionalArtifact(inputs, "infra_blessing");
  if (!modelBlessing && !infraBlessing) {
    log("Pusher is going to push the model without validation. Consider using Evaluator or InfraValidator.");
  }
  if (modelBlessing && !isPositive(modelBlessing)) {
    log(`Model on ${modelBlessing.uri} was not blessed by model validation.`);
    return false;
  }
  if (infraBlessing && !isPositive(infraBlessing)) {
    log(`Model on ${infraBlessing.uri} was not blessed by infra validator.`);
    return false;
  }
  return true;
}

/** A blessing without the property, as an Evaluator without thresholds leaves it, is not a blessing. */
function isPositive(blessing: Artifact): boolean {
  return blessing.customProperties.blessed === 1;
}

function modelFolder(inputs: ArtifactLists): string {
  const infraBlessing = optionalArtifact(inputs, "infra_blessing");
  const model = optionalArtifact(inputs, "model");
  if (infraBlessing?.customProperties.has_model === 1) return path.join(infraBlessing.uri, STAMPED_MODEL);
  if (!model) throw new Error("Pusher has no model: the model input is empty and infra_blessing holds none");
  const folder = path.join(model.uri, SERVING_MODEL);
  if (!existsSync(path.join(folder, "saved_model.pb"))) {
    throw new Error(`Pusher expected a SavedModel in ${folder}, but there is no saved_model.pb`);
  }
  return folder;
}

function baseDirectory(execProperties: Readonly<Record<string, Json>>): string {
  const destination = execProperties.push_destination as { filesystem?: { base_directory?: unknown } } | undefined;
  const directory = destination?.filesystem?.base_directory;
  if (typeof directory !== "string" || directory === "") {
    throw new Error(`push_destination names no filesystem.base_directory: ${JSON.stringify(destination)}`);
  }
  return directory;
}
