import { open } from "node:fs/promises";
import { join } from "node:path";
import { checkKey, isValidRunId } from "#sdk/ids.ts";

/** Which try a log is of. */
export interface TryLogKey {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  /** -1 for an unmapped task. */
  readonly mapIndex: number;
  /** From 1. */
  readonly tryNumber: number;
}

/**
 * The file that holds a try's log, in Airflow's layout:
 * `dag_id=…/run_id=…/task_id=…/[map_index=N/]attempt=N.log`. Throws when an id could lead out of the folder.
 */
export function taskLogPath(baseLogFolder: string, { dagId, runId, taskId, mapIndex, tryNumber }: TryLogKey): string {
  checkKey("dag_id", dagId);
  checkKey("task_id", taskId);
  if (!isValidRunId(runId)) throw new Error(`run_id "${runId}" has characters that a folder name must not have`);
  for (const number of [mapIndex, tryNumber]) {
    if (!Number.isInteger(number)) throw new Error(`A map index and a try number must be integers, not ${number}`);
  }
  return join(
    baseLogFolder,
    `dag_id=${dagId}`,
    `run_id=${runId}`,
    `task_id=${taskId}`,
    ...(mapIndex >= 0 ? [`map_index=${mapIndex}`] : []),
    `attempt=${tryNumber}.log`,
  );
}

/** The file that holds the output of a run's own callbacks: `dag_id=…/run_id=…/callbacks.log`. */
export function runCallbacksLogPath(
  baseLogFolder: string,
  { dagId, runId }: Pick<TryLogKey, "dagId" | "runId">,
): string {
  checkKey("dag_id", dagId);
  if (!isValidRunId(runId)) throw new Error(`run_id "${runId}" has characters that a folder name must not have`);
  return join(baseLogFolder, `dag_id=${dagId}`, `run_id=${runId}`, "callbacks.log");
}

export interface TaskLogPart {
  readonly text: string;
  /** The byte after the part: where to read on. */
  readonly offset: number;
  /** The file's size when it was read; equal to `offset` when this was the last part. */
  readonly size: number;
}

/** What is read of a log at once when nothing else is said: 1 MiB. */
export const LOG_PART_BYTES = 1024 * 1024;

/**
 * Reads a try's log from a byte on, at most `limit` bytes, ending at a whole character; undefined when there is no
 * log (yet). A negative offset counts from the end. To follow a log, read on from the offset of the last part.
 */
export async function readTaskLog(
  baseLogFolder: string,
  key: TryLogKey,
  { offset = 0, limit = LOG_PART_BYTES }: { offset?: number; limit?: number } = {},
): Promise<TaskLogPart | undefined> {
  const file = await open(taskLogPath(baseLogFolder, key)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const from = Math.min(offset < 0 ? Math.max(size + offset, 0) : offset, size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(limit, size - from)), 0, undefined, from);
    const whole = wholeCharacters(buffer.subarray(0, bytesRead));
    return { text: whole.toString("utf8"), offset: from + whole.length, size };
  } finally {
    await file.close();
  }
}

/** Leaves out a character at the end whose bytes are not all there. */
export function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
