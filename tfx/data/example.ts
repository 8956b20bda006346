import { compareUtf8 } from "../protos/message-type.ts";
import { type Batch, type Column, ColumnBuilder, type ColumnSpec, type ColumnType } from "./columns.ts";
import { asBuffer, textOrBytes } from "./text.ts";

/*
 * tf.Example by hand, since every row of every data set passes here. On the wire:
 *   Example  { 1: Features }      Features { 1: repeated entry { 1: key, 2: Feature } }
 *   Feature  { 1: BytesList | 2: FloatList | 3: Int64List }, each list { 1: repeated value }, numbers packed.
 * A Feature with an empty list is present without a value; a Feature with no list is missing.
 */

const LIST_FIELD: Record<ColumnType, number> = { BYTES: 1, FLOAT: 2, INT: 3 };
const TYPE_OF_FIELD: Record<number, ColumnType> = { 1: "BYTES", 2: "FLOAT", 3: "INT" };
const TAG_FIRST = 0x0a; // Field 1, length-delimited.
const TAG_SECOND = 0x12; // Field 2, length-delimited.

/**
 * Serialises rows of a batch as tf.Examples, deterministically: features in the order of their names' UTF-8 bytes,
 * numbers packed, which is also what ExampleGen's split hashes. The bytes are valid until the next call.
 */
export class ExampleEncoder {
  private readonly columns: readonly { readonly column: Column; readonly key: Buffer }[];
  private buffer = Buffer.allocUnsafe(16 * 1024);
  /** Messages are written from the back, so that a length is known when its prefix is due. */
  private at = 0;

  constructor(batch: Batch) {
    this.columns = [...batch.columns.values()]
      .sort((a, b) => compareUtf8(b.name, a.name))
      .map((column) => ({ column, key: Buffer.from(column.name, "utf8") }));
  }

  /** The serialised Example of one row. */
  encode(row: number): Uint8Array {
    return this.write(() => {
      for (const { column, key } of this.columns) {
        const entryEnd = this.at;
        this.writeFeature(column, row);
        this.prefix(TAG_SECOND, entryEnd);
        const keyEnd = this.at;
        this.writeBytes(key);
        this.prefix(TAG_FIRST, keyEnd);
        this.prefix(TAG_FIRST, entryEnd);
      }
      this.prefix(TAG_FIRST, this.buffer.length);
    });
  }

  /** The serialised Feature of one cell, which the split hashes when it partitions by a feature. */
  encodeFeature(name: string, row: number): Uint8Array | undefined {
    const found = this.columns.find(({ column }) => column.name === name);
    return found && this.write(() => this.writeFeature(found.column, row));
  }

  private write(body: () => void): Uint8Array {
    for (;;) {
      this.at = this.buffer.length;
      body();
      if (this.at >= 0) return this.buffer.subarray(this.at);
      // It went past the front: nothing was lost but the attempt.
      this.buffer = Buffer.allocUnsafe(2 * (this.buffer.length - this.at));
    }
  }

  private writeFeature(column: Column, row: number): void {
    if (column.missing?.[row]) return;
    const end = this.at;
    const first = column.offsets[row]!;
    const last = column.offsets[row + 1]! - 1;
    if (column.type === "BYTES") {
      for (let index = last; index >= first; index--) this.writeBytesValue(column.values[index]!);
    } else if (last >= first) {
      if (column.type === "FLOAT")
        for (let index = last; index >= first; index--) this.writeFloat(column.values[index]!);
      else for (let index = last; index >= first; index--) this.writeInt64(column.values[index]!);
      this.prefix(TAG_FIRST, end);
    }
    this.prefix((LIST_FIELD[column.type] << 3) | 2, end);
  }

  private writeBytesValue(value: string | Uint8Array): void {
    const end = this.at;
    if (typeof value === "string") {
      const length = Buffer.byteLength(value, "utf8");
      this.at -= length;
      if (this.at >= 0) this.buffer.write(value, this.at, length, "utf8");
    } else {
      this.writeBytes(value);
    }
    this.prefix(TAG_FIRST, end);
  }

  private writeBytes(bytes: Uint8Array): void {
    this.at -= bytes.length;
    if (this.at >= 0) this.buffer.set(bytes, this.at);
  }

  private writeFloat(value: number): void {
    this.at -= 4;
    if (this.at >= 0) this.buffer.writeFloatLE(value, this.at);
  }

  private writeInt64(value: number | bigint): void {
    if (typeof value === "number" && value >= 0) this.writeVarint(value);
    else this.writeBigVarint(BigInt.asUintN(64, BigInt(value)));
  }

  private writeBigVarint(value: bigint): void {
    let size = 1;
    for (let rest = value >> 7n; rest > 0n; rest >>= 7n) size++;
    this.at -= size;
    let rest = value;
    for (let index = 0; index < size; index++) {
      this.put(this.at + index, Number(rest & 0x7fn) | (index < size - 1 ? 0x80 : 0));
      rest >>= 7n;
    }
  }

  private writeVarint(value: number): void {
    let size = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
    this.at -= size;
    let rest = value;
    for (let index = 0; index < size - 1; index++) {
      this.put(this.at + index, (rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.put(this.at + size - 1, rest);
  }

  /** Writes tag and length before what was written from here to `end`. */
  private prefix(tag: number, end: number): void {
    this.writeVarint(end - this.at);
    this.at--;
    this.put(this.at, tag);
  }

  private put(index: number, byte: number): void {
    if (index >= 0) this.buffer[index] = byte;
  }
}

/**
 * Reads serialised tf.Examples into columns. Accepts what any protobuf writer may produce: features in any order and
 * twice (the last one holds), numbers packed or not, fields that are not known.
 */
export class ExampleDecoder {
  private readonly builders: readonly ColumnBuilder[];
  private readonly positions: ReadonlyMap<string, number>;
  /** For the row being read: where each column's Feature starts and ends; start -1 says that there is none. */
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;

  /** @param columns those to read; other features are skipped */
  constructor(columns: readonly ColumnSpec[]) {
    this.builders = columns.map((column) => new ColumnBuilder(column));
    this.positions = new Map(columns.map((column, index) => [column.name, index]));
    this.starts = new Int32Array(columns.length);
    this.ends = new Int32Array(columns.length);
  }

  /** Adds one Example as the next row. @throws when it is not an Example or a feature's kind is not its column's */
  add(bytes: Uint8Array): void {
    this.starts.fill(-1);
    forEachFeature(bytes, (key, start, end) => {
      const position = this.positions.get(key);
      if (position === undefined) return;
      this.starts[position] = start;
      this.ends[position] = end;
    });
    for (let index = 0; index < this.builders.length; index++) {
      const builder = this.builders[index]!;
      if (this.starts[index] === -1) builder.addMissing();
      else readFeature(new WireReader(bytes, this.starts[index], this.ends[index]), builder);
    }
  }

  get numRows(): number {
    return this.builders[0]?.numRows ?? 0;
  }

  /** The rows so far as columns; the decoder starts again empty. */
  build(): Column[] {
    return this.builders.map((builder) => builder.build());
  }
}

/**
 * Learns which features serialised tf.Examples hold and of which type. A feature that never has a kind is BYTES,
 * as TFDV reports it.
 */
export class ExampleTypes {
  private readonly types = new Map<string, ColumnType | undefined>();

  add(bytes: Uint8Array): void {
    forEachFeature(bytes, (key, start, end) => {
      const type = featureType(new WireReader(bytes, start, end));
      const known = this.types.get(key);
      if (type && known && type !== known) {
        throw new Error(`Feature "${key}" holds ${known} values in some examples and ${type} values in others`);
      }
      if (!known) this.types.set(key, type);
    });
  }

  /** The columns seen so far, sorted by name. */
  columns(): ColumnSpec[] {
    return [...this.types]
      .sort(([a], [b]) => compareUtf8(a, b))
      .map(([name, type]) => ({ name, type: type ?? "BYTES" }));
  }
}

type OnFeature = (key: string, start: number, end: number) => void;

function forEachFeature(bytes: Uint8Array, onFeature: OnFeature): void {
  const example = new WireReader(bytes, 0, bytes.length);
  while (example.next()) {
    if (example.field !== 1 || example.wireType !== 2) {
      example.skip();
      continue;
    }
    const features = example.message();
    while (features.next()) {
      if (features.field === 1 && features.wireType === 2) readEntry(features.message(), onFeature);
      else features.skip();
    }
  }
}

function readEntry(entry: WireReader, onFeature: OnFeature): void {
  let key = "";
  let start = entry.at;
  let end = entry.at;
  while (entry.next()) {
    if (entry.wireType !== 2 || entry.field > 2) {
      entry.skip();
      continue;
    }
    const valueEnd = entry.lengthEnd();
    if (entry.field === 1) {
      key = asBuffer(entry.bytes).toString("utf8", entry.at, valueEnd);
    } else {
      start = entry.at;
      end = valueEnd;
    }
    entry.at = valueEnd;
  }
  onFeature(key, start, end);
}

function featureType(feature: WireReader): ColumnType | undefined {
  let type: ColumnType | undefined;
  while (feature.next()) {
    type = TYPE_OF_FIELD[feature.field] ?? type;
    feature.skip();
  }
  return type;
}

function readFeature(feature: WireReader, builder: ColumnBuilder): void {
  let present = false;
  while (feature.next()) {
    const type = TYPE_OF_FIELD[feature.field];
    if (!type || feature.wireType !== 2) {
      feature.skip();
      continue;
    }
    if (type !== builder.type) {
      throw new Error(`Feature "${builder.name}" holds ${type} values where ${builder.type} is expected`);
    }
    present = true;
    readList(feature.message(), builder);
  }
  if (present) builder.endRow();
  else builder.addMissing();
}

function readList(list: WireReader, builder: ColumnBuilder): void {
  while (list.next()) {
    if (list.field !== 1) {
      list.skip();
    } else if (builder.type === "BYTES") {
      const end = list.lengthEnd();
      builder.addValue(textOrBytes(list.bytes, list.at, end));
      list.at = end;
    } else if (list.wireType === 2) {
      const end = list.lengthEnd();
      while (list.at < end) builder.addValue(builder.type === "FLOAT" ? list.float() : list.int64());
    } else {
      builder.addValue(builder.type === "FLOAT" ? list.float() : list.int64());
    }
  }
}

const floatBytes = new DataView(new ArrayBuffer(4));

/** Walks the fields of one serialised message. */
class WireReader {
  field = 0;
  wireType = 0;
  readonly bytes: Uint8Array;
  at: number;
  private readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Reads the next tag; false at the end. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.field = tag >>> 3;
    this.wireType = tag & 7;
    return true;
  }

  skip(): void {
    if (this.wireType === 0) this.int64();
    else if (this.wireType === 1) this.at += 8;
    else if (this.wireType === 2) this.at = this.lengthEnd();
    else if (this.wireType === 5) this.at += 4;
    else throw new Error(`Not a tf.Example: wire type ${this.wireType} at byte ${this.at}`);
    if (this.at > this.end) throw this.truncated();
  }

  /** Reads a length; where what has that length ends, which is inside this message. */
  lengthEnd(): number {
    const length = this.varint();
    if (this.at + length > this.end) throw this.truncated();
    return this.at + length;
  }

  message(): WireReader {
    const end = this.lengthEnd();
    const reader = new WireReader(this.bytes, this.at, end);
    this.at = end;
    return reader;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; this.at < this.end; factor *= 128) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw this.truncated();
  }

  int64(): number | bigint {
    const start = this.at;
    const value = this.varint();
    if (Number.isSafeInteger(value)) return value;
    let exact = 0n;
    for (let index = this.at - 1; index >= start; index--) exact = (exact << 7n) | BigInt(this.bytes[index]! & 127);
    const signed = BigInt.asIntN(64, exact);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  float(): number {
    if (this.at + 4 > this.end) throw this.truncated();
    for (let index = 0; index < 4; index++) floatBytes.setUint8(index, this.bytes[this.at++]!);
    return floatBytes.getFloat32(0, true);
  }

  private truncated(): Error {
    return new Error(`Not a tf.Example: it ends inside a field, at byte ${this.at}`);
  }
}
