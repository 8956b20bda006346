import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { maskedCrc32c } from "./crc32c.ts";

const HEADER_BYTES = 12;
const FOOTER_BYTES = 4;
/** Frames are handed on in pieces of about this size: enough to make each call worthwhile, little to hold. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads the records of a TFRecord file, verifying both checksums of each. A name that ends in `.gz` is gunzipped.
 * A record is a view that stays valid. Memory is bounded by the largest record and the stream's buffers.
 * @throws when a checksum does not match or the file ends inside a record, naming the file and the record
 */
export async function* readTfRecords(file: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const records of readTfRecordGroups(file, signal)) yield* records;
}

/** The same records in groups, as they come out of the stream; for callers to whom each `await` counts. */
export async function* readTfRecordGroups(file: string, signal?: AbortSignal): AsyncGenerator<Uint8Array[]> {
  const source = createReadStream(file, { highWaterMark: CHUNK_BYTES, signal });
  const stream = file.endsWith(".gz") ? createGunzip({ chunkSize: CHUNK_BYTES }) : undefined;
  const finished = stream ? pipeline(source, stream, { signal }) : undefined;
  // A failure shows where the stream is read; this keeps it from also being an unhandled rejection.
  finished?.catch(() => {});
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let needed = HEADER_BYTES;
  let count = 0;
  try {
    for await (const chunk of (stream ?? source) as AsyncIterable<Buffer>) {
      pending.push(chunk);
      pendingBytes += chunk.length;
      if (pendingBytes < needed) continue;
      const bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
      const parsed = parseFrames(bytes, file, count);
      count += parsed.records.length;
      pending = [bytes.subarray(parsed.end)];
      pendingBytes = pending[0]!.length;
      needed = parsed.needed;
      if (parsed.records.length > 0) yield parsed.records;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_")) {
      throw new Error(`${file}: not a complete gzip file: ${error.message}`, { cause: error });
    }
    throw error;
  } finally {
    source.destroy();
    stream?.destroy();
  }
  if (pendingBytes > 0) throw new Error(`${file}: the file ends inside record ${count}`);
}

interface ParsedFrames {
  readonly records: Uint8Array[];
  /** Where the first incomplete frame starts. */
  readonly end: number;
  /** How many bytes from there the next parse needs to get further. */
  readonly needed: number;
}

function parseFrames(bytes: Uint8Array, file: string, firstRecord: number): ParsedFrames {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  let at = 0;
  let needed = HEADER_BYTES;
  while (at + HEADER_BYTES <= bytes.length) {
    const where = () => `${file}: record ${firstRecord + records.length}`;
    if (view.getUint32(at + 8, true) !== maskedCrc32c(bytes, at, at + 8)) {
      throw new Error(`${where()}: the checksum of its length does not match`);
    }
    const length = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    const dataStart = at + HEADER_BYTES;
    const dataEnd = dataStart + length;
    if (dataEnd + FOOTER_BYTES > bytes.length) {
      needed = dataEnd + FOOTER_BYTES - at;
      break;
    }
    if (view.getUint32(dataEnd, true) !== maskedCrc32c(bytes, dataStart, dataEnd)) {
      throw new Error(`${where()}: the checksum of its data does not match`);
    }
    records.push(bytes.subarray(dataStart, dataEnd));
    at = dataEnd + FOOTER_BYTES;
  }
  return { records, end: at, needed };
}

/**
 * Writes a TFRecord file piece by piece, gzipped when the name ends in `.gz`. It appears under its name when closed;
 * until then it lies aside as `<name>.partial`.
 */
export class TfRecordWriter {
  private readonly file: string;
  private readonly aside: string;
  private readonly input: Writable;
  private readonly finished: Promise<void>;
  private chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  private used = 0;

  constructor(file: string, signal?: AbortSignal) {
    this.file = file;
    this.aside = `${file}.partial`;
    const target = createWriteStream(this.aside);
    const gzip = file.endsWith(".gz") ? createGzip() : undefined;
    this.input = gzip ?? target;
    this.finished = gzip ? pipeline(gzip, target, { signal }) : finished(target, { signal });
    // A failure shows at the next write or at close; this keeps it from also being an unhandled rejection.
    this.finished.catch(() => {});
  }

  /** Adds records; their bytes are copied, so the caller may reuse them. Waits while the disk is behind. */
  async write(records: Iterable<Uint8Array>): Promise<void> {
    for (const record of records) {
      const size = HEADER_BYTES + record.length + FOOTER_BYTES;
      if (this.used + size > this.chunk.length) {
        await this.flush();
        this.chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, size));
      }
      this.used = writeFrame(this.chunk, this.used, record);
    }
  }

  /** Completes the file and gives it its name. */
  async close(): Promise<void> {
    try {
      await this.flush();
      this.input.end();
      await this.named(this.finished);
      await rename(this.aside, this.file);
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Gives up and removes what was written. */
  async discard(): Promise<void> {
    this.input.destroy();
    await this.finished.catch(() => {});
    await rm(this.aside, { force: true });
  }

  private async flush(): Promise<void> {
    if (this.used === 0) return;
    const chunk = this.chunk.subarray(0, this.used);
    this.used = 0;
    if (!this.input.write(chunk)) await this.named(Promise.race([once(this.input, "drain"), this.finished]));
  }

  /** Says in a failure which file could not be written. */
  private async named(writing: Promise<unknown>): Promise<void> {
    try {
      await writing;
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error;
      const message = `Cannot write ${this.file}: ${error.message}`;
      throw Object.assign(new Error(message, { cause: error }), { code: error.code });
    }
  }
}

/** Writes all records as one TFRecord file, gzipped when the name ends in `.gz`. */
export async function writeTfRecords(file: string, records: Iterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  const writer = new TfRecordWriter(file, signal);
  try {
    await writer.write(records);
  } catch (error) {
    await writer.discard();
    throw error;
  }
  await writer.close();
}

/** One record with its length and checksums, for a file that grows while others read it. */
export function frameRecord(record: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + record.length + FOOTER_BYTES);
  writeFrame(frame, 0, record);
  return frame;
}

function writeFrame(chunk: Buffer, start: number, record: Uint8Array): number {
  chunk.writeUInt32LE(record.length % 2 ** 32, start);
  chunk.writeUInt32LE(Math.floor(record.length / 2 ** 32), start + 4);
  chunk.writeUInt32LE(maskedCrc32c(chunk, start, start + 8), start + 8);
  const dataStart = start + HEADER_BYTES;
  chunk.set(record, dataStart);
  const dataEnd = dataStart + record.length;
  chunk.writeUInt32LE(maskedCrc32c(chunk, dataStart, dataEnd), dataEnd);
  return dataEnd + FOOTER_BYTES;
}
