import { type FileHandle, mkdir, open } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { frameRecord } from "../data/tfrecord.ts";
import { type Int64, messageType } from "../protos/message-type.ts";

/** The parts of TensorFlow's `Event` that a file of scalars holds. */
export interface EventMessage {
  readonly wall_time?: number;
  readonly step?: Int64;
  readonly file_version?: string;
  readonly summary?: { readonly value: readonly SummaryValue[] };
  readonly source_metadata?: { readonly writer: string };
}

export interface SummaryValue {
  readonly tag: string;
  readonly tensor: { readonly dtype: string; readonly tensor_shape: object; readonly float_val: readonly number[] };
  readonly metadata: { readonly plugin_data: { readonly plugin_name: string }; readonly data_class: string };
}

export const Event = messageType<EventMessage>("tensorflow/core/util/event.proto", "tensorflow.Event");

/** TensorBoard knows an event file by this version in its first record. */
const FILE_VERSION = "brain.Event:2";
const SCALARS = { plugin_data: { plugin_name: "scalars" }, data_class: "DATA_CLASS_SCALAR" };

let filesOpened = 0;

/**
 * Writes one TensorBoard event file, named as TensorFlow names it. Scalars are kept in memory until `flush`, which
 * appends them, so that a TensorBoard that is open during training shows them.
 */
export class EventWriter {
  readonly file: string;
  #handle: FileHandle | undefined;
  #pending: Buffer[] = [];

  private constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  /** Opens a new event file in a folder, which is made when it is not there; its name is the run's name. */
  static async open(directory: string, now: () => number = Date.now): Promise<EventWriter> {
    await mkdir(directory, { recursive: true });
    const seconds = now() / 1000;
    const name = `events.out.tfevents.${Math.floor(seconds)}.${os.hostname()}.${process.pid}.${filesOpened++}.v2`;
    const file = path.join(directory, name);
    const writer = new EventWriter(file, await open(file, "ax"));
    writer.#add({ wall_time: seconds, file_version: FILE_VERSION, source_metadata: { writer: "daisy" } });
    await writer.flush();
    return writer;
  }

  /** Notes a scalar of a step. `wallTime` is in seconds since 1970. */
  scalar(tag: string, value: number, step: number, wallTime = Date.now() / 1000): void {
    const tensor = { dtype: "DT_FLOAT", tensor_shape: {}, float_val: [value] };
    this.#add({ wall_time: wallTime, step, summary: { value: [{ tag, tensor, metadata: SCALARS }] } });
  }

  /** Appends what was noted to the file. */
  async flush(): Promise<void> {
    if (!this.#handle) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    if (bytes.length > 0) await this.#handle.appendFile(bytes);
  }

  /** Appends the rest and closes the file; calling it again does nothing. */
  async close(): Promise<void> {
    await this.flush();
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  #add(event: EventMessage): void {
    if (!this.#handle) throw new Error(`${this.file}: a scalar was written after the file was closed`);
    this.#pending.push(frameRecord(Event.encode(event)));
  }
}
