import { lstat, readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { ExampleGenConfig, InputSplit } from "./config.ts";

/** A file that a pattern matched. */
export interface InputFile {
  readonly path: string;
  readonly bytes: number;
  /** Modification time in whole seconds. */
  readonly modifiedSeconds: number;
}

/**
 * The files under a folder that match a pattern (`*` and `?` stay within one path segment; hidden files match only a
 * pattern that starts with a dot), sorted by path.
 * @throws TFX's message when there is none
 */
export async function matchFiles(base: string, pattern: string): Promise<InputFile[]> {
  const full = path.join(base, pattern);
  const files: InputFile[] = [];
  for (const candidate of (await expand(base, pattern.split("/"))).sort()) {
    const info = await stat(candidate);
    if (info.isFile()) {
      files.push({ path: candidate, bytes: info.size, modifiedSeconds: Math.floor(info.mtimeMs / 1000) });
    }
  }
  if (files.length > 0) return files;
  const folder = await stat(base).catch(() => undefined);
  const reason = folder?.isDirectory() ? "" : ` The folder ${base} does not exist.`;
  throw new Error(`Split pattern ${full} does not match any files.${reason}`);
}

async function expand(folder: string, segments: readonly string[]): Promise<string[]> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return [folder];
  if (!/[*?]/.test(segment)) {
    const next = path.join(folder, segment);
    return (await exists(next)) ? expand(next, rest) : [];
  }
  const names = await readdir(folder).catch(() => []);
  const matches = names.filter((name) => segmentRegExp(segment).test(name));
  return (await Promise.all(matches.map((name) => expand(path.join(folder, name), rest)))).flat();
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

function segmentRegExp(segment: string): RegExp {
  const body = segment
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${segment.startsWith(".") ? "" : "(?!\\.)"}${body}$`, "s");
}

/** The files of one input split. */
export interface MatchedInput {
  readonly split: InputSplit;
  readonly files: readonly InputFile[];
}

/** Finds the files of every input split. @throws when one has none */
export function matchInputs({ inputBase, inputSplits }: ExampleGenConfig): Promise<MatchedInput[]> {
  return Promise.all(inputSplits.map(async (split) => ({ split, files: await matchFiles(inputBase, split.pattern) })));
}

/**
 * TFX's `input_fingerprint`, a line for each input split. Contents are not hashed, but touching a file changes the
 * line, and so invalidates the cache.
 */
export function inputFingerprint(inputs: readonly MatchedInput[]): string {
  return inputs.map(({ split, files }) => splitFingerprint(split.name, files)).join("\n");
}

function splitFingerprint(split: string, files: readonly InputFile[]): string {
  let bytes = 0;
  let xor = 0n;
  let sum = 0n;
  for (const file of files) {
    bytes += file.bytes;
    xor ^= BigInt(file.modifiedSeconds);
    sum += BigInt(file.modifiedSeconds);
  }
  return `split:${split},num_files:${files.length},total_bytes:${bytes},xor_checksum:${xor},sum_checksum:${sum}`;
}
