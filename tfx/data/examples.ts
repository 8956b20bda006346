import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import type { Artifact } from "../types/artifact.ts";
import { splitUri } from "../types/splits.ts";
import type { Batch, ColumnSpec } from "./columns.ts";
import { ParquetSplitWriter, parquetColumns, readParquetExamples } from "./parquet-examples.ts";
import { examplesFormat } from "./payload-format.ts";
import type { SplitWriter } from "./split-writer.ts";
import { readTfRecordExamples, TfRecordSplitWriter, tfRecordColumns } from "./tfrecord-examples.ts";

export interface ReadExamplesOptions {
  /** The features to read, in this order. @default all */
  readonly columns?: readonly string[];
  /** Rows in each batch but the last. @default 4096 */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_BATCH_SIZE = 4096;

/**
 * Reads a split of an Examples artifact, whichever way it is stored, in the order of its rows. Memory is bounded by
 * the batch size.
 * @throws when a named column is not there, or a file is damaged
 */
export async function* readExamples(
  artifact: Artifact,
  split: string,
  options: ReadExamplesOptions = {},
): AsyncGenerator<Batch> {
  const { batchSize = DEFAULT_BATCH_SIZE, signal } = options;
  const files = await exampleFiles(artifact, split);
  const columns = chooseColumns(await columnsOf(artifact, files, signal), options.columns, files[0]!);
  const read = examplesFormat(artifact) === "FORMAT_PARQUET" ? readParquetExamples : readTfRecordExamples;
  yield* read(files, columns, batchSize, signal);
}

/** The features that a split holds and their types. */
export async function exampleColumns(artifact: Artifact, split: string, signal?: AbortSignal): Promise<ColumnSpec[]> {
  return columnsOf(artifact, await exampleFiles(artifact, split), signal);
}

/** The files that hold a split's rows, sorted. @throws when there is none */
export async function exampleFiles(artifact: Artifact, split: string): Promise<string[]> {
  const folder = splitUri(artifact, split);
  const names = (await readdir(folder)).filter((name) => !name.startsWith(".") && !name.endsWith(".partial")).sort();
  if (names.length === 0) throw new Error(`The split "${split}" has no files in ${folder}`);
  return names.map((name) => path.join(folder, name));
}

function columnsOf(artifact: Artifact, files: readonly string[], signal?: AbortSignal): Promise<ColumnSpec[]> {
  return examplesFormat(artifact) === "FORMAT_PARQUET" ? parquetColumns(files) : tfRecordColumns(files, signal);
}

function chooseColumns(
  stored: readonly ColumnSpec[],
  wanted: readonly string[] | undefined,
  file: string,
): readonly ColumnSpec[] {
  if (!wanted) return stored;
  return wanted.map((name) => {
    const column = stored.find((candidate) => candidate.name === name);
    if (!column) throw new Error(`${file} has no feature "${name}"; it has ${stored.map((c) => c.name).join(", ")}`);
    return column;
  });
}

export interface WriteExamplesOptions {
  /** What the files' names start with. @default "data_parquet" or "data_tfrecord" */
  readonly baseName?: string;
  readonly signal?: AbortSignal;
}

/**
 * Opens the writing of one split, in the format that the artifact's properties say. The artifact's `split_names` must
 * hold the split.
 */
export async function openSplitWriter(
  artifact: Artifact,
  split: string,
  columns: readonly ColumnSpec[],
  options: WriteExamplesOptions = {},
): Promise<SplitWriter> {
  const folder = splitUri(artifact, split);
  await mkdir(folder, { recursive: true });
  return examplesFormat(artifact) === "FORMAT_PARQUET"
    ? new ParquetSplitWriter(folder, options.baseName ?? "data_parquet", columns)
    : new TfRecordSplitWriter(folder, options.baseName ?? "data_tfrecord", options.signal);
}

/** Writes all rows of one split; see `openSplitWriter`. Returns the files. */
export async function writeExamples(
  artifact: Artifact,
  split: string,
  columns: readonly ColumnSpec[],
  batches: AsyncIterable<Batch> | Iterable<Batch>,
  options: WriteExamplesOptions = {},
): Promise<string[]> {
  const writer = await openSplitWriter(artifact, split, columns, options);
  try {
    for await (const batch of batches) {
      options.signal?.throwIfAborted();
      await writer.write(batch);
    }
  } catch (error) {
    await writer.discard();
    throw error;
  }
  return writer.close();
}
