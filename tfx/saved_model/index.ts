// Writing and running models. The work loads when it is called, not when this is imported.
import type { ExportOptions } from "./export.ts";
import type { ServingModel } from "./load.ts";

export type { ExportOptions, SavableModel } from "./export.ts";
export type { Activations } from "./layers/layer.ts";
export type { ServingModel } from "./load.ts";

/** Writes a trained model with its transform as a SavedModel; see `export.ts`. */
export async function exportSavedModel(options: ExportOptions): Promise<void> {
  const module = await import("./export.ts");
  await module.exportSavedModel(options);
}

/** Loads a model that `exportSavedModel` wrote, to run it in this process; see `load.ts`. */
export async function loadServingModel(directory: string): Promise<ServingModel> {
  const module = await import("./load.ts");
  return module.loadServingModel(directory);
}
