import { type Batch, batchOf, type ColumnSpec } from "./columns.ts";
import { ExampleDecoder, ExampleEncoder, ExampleTypes } from "./example.ts";
import { type SplitWriter, shardPath } from "./split-writer.ts";
import { readTfRecordGroups, TfRecordWriter } from "./tfrecord.ts";

/** The features that serialised tf.Examples hold, sorted by name; every record is looked at. */
export async function tfRecordColumns(files: readonly string[], signal?: AbortSignal): Promise<ColumnSpec[]> {
  const types = new ExampleTypes();
  for (const file of files) {
    for await (const records of readTfRecordGroups(file, signal)) for (const record of records) types.add(record);
  }
  return types.columns();
}

/** Reads the given features of serialised tf.Examples in batches of `batchSize` rows, the last one excepted. */
export async function* readTfRecordExamples(
  files: readonly string[],
  columns: readonly ColumnSpec[],
  batchSize: number,
  signal?: AbortSignal,
): AsyncGenerator<Batch> {
  const decoder = new ExampleDecoder(columns);
  for (const file of files) {
    for await (const records of readTfRecordGroups(file, signal)) {
      for (const record of records) {
        decoder.add(record);
        if (decoder.numRows === batchSize) yield batchOf(decoder.build());
      }
    }
  }
  if (decoder.numRows > 0) yield batchOf(decoder.build());
}

/** Writes one split as a gzipped TFRecord file of serialised tf.Examples. */
export class TfRecordSplitWriter implements SplitWriter {
  private readonly file: string;
  private readonly writer: TfRecordWriter;

  constructor(folder: string, baseName: string, signal?: AbortSignal) {
    this.file = shardPath(folder, baseName, 0, 1, ".gz");
    this.writer = new TfRecordWriter(this.file, signal);
  }

  async write(batch: Batch): Promise<void> {
    await this.writer.write(serializedRows(batch));
  }

  async close(): Promise<string[]> {
    await this.writer.close();
    return [this.file];
  }

  async discard(): Promise<void> {
    await this.writer.discard();
  }
}

function* serializedRows(batch: Batch): Generator<Uint8Array> {
  const encoder = new ExampleEncoder(batch);
  for (let row = 0; row < batch.numRows; row++) yield encoder.encode(row);
}
