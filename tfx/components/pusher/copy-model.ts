import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

const MODEL_FILE = "saved_model.pb";

/**
 * Copies a SavedModel to a folder that does not exist yet. It is copied beside the target and then renamed, so that a
 * server that watches the parent folder sees a whole model or none; `saved_model.pb` comes last, for file systems
 * whose rename is a copy.
 */
export async function copyModel(from: string, to: string, signal: AbortSignal): Promise<void> {
  const parent = path.dirname(to);
  await mkdir(parent, { recursive: true });
  // A server takes only folders whose names are numbers for versions.
  const aside = path.join(parent, `.pushing-${randomUUID()}`);
  try {
    await copyModelFiles(from, aside, signal);
    await rename(aside, to);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Copies a SavedModel's files into a folder, `saved_model.pb` last. */
export async function copyModelFiles(from: string, to: string, signal: AbortSignal): Promise<void> {
  for (const file of await modelFiles(from)) {
    signal.throwIfAborted();
    const target = path.join(to, file);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(path.join(from, file), target);
  }
}

/** Relative paths of every file, in the order in which they are to be copied. */
async function modelFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  const isModelFile = (file: string): boolean => path.basename(file) === MODEL_FILE;
  return [...files.filter((file) => !isModelFile(file)).sort(), ...files.filter(isModelFile)];
}
