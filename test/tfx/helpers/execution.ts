import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { ExecutionContext } from "ava";
import type { ExecutorContext } from "#tfx/components/executor.ts";
import { type Artifact, newArtifact } from "#tfx/types/artifact.ts";
import type { ArtifactType } from "#tfx/types/artifact-type.ts";
import { encodeSplitNames } from "#tfx/types/splits.ts";

/** A folder that goes with the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "daisy-tfx-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What an executor runs with, and the lines it logged. */
export async function executorContext(t: ExecutionContext): Promise<ExecutorContext & { readonly lines: string[] }> {
  const lines: string[] = [];
  return {
    executionId: 1,
    temporaryDirectory: await temporaryFolder(t),
    log: (message) => void lines.push(message),
    signal: new AbortController().signal,
    lines,
  };
}

/** An artifact in a folder of its own that goes with the test. */
export async function outputArtifact(t: ExecutionContext, type: ArtifactType): Promise<Artifact> {
  return newArtifact(type, await temporaryFolder(t));
}

/** An artifact that was there before, with splits. */
export function splitArtifact(type: ArtifactType, uri: string, splits: readonly string[]): Artifact {
  const artifact = newArtifact(type, uri);
  artifact.properties.split_names = encodeSplitNames(splits);
  return artifact;
}

/** A folder with the given files in it. */
export async function folderOf(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return folder;
}
