import { open, readdir } from "node:fs/promises";
import path from "node:path";
import { StringDecoder } from "node:string_decoder";
import { pauseFor } from "#core/duty.ts";

const LOOK_EVERY_MS = 100;

/**
 * Hands on what is written to the log files below a folder, until the signal aborts and the rest has been read. Files
 * are read in the order of their names, so lines of tasks that run side by side are only nearly in the order of time.
 */
export async function followLogs(folder: string, write: (text: string) => void, signal: AbortSignal): Promise<void> {
  const files = new Map<string, FollowedFile>();
  for (;;) {
    const isLast = signal.aborted;
    for (const file of await listFiles(folder)) {
      const followed = files.get(file) ?? { offset: 0, decoder: new StringDecoder("utf8") };
      files.set(file, followed);
      write(await readOn(file, followed));
    }
    if (isLast) return;
    await pauseFor(LOOK_EVERY_MS, signal);
  }
}

interface FollowedFile {
  offset: number;
  readonly decoder: StringDecoder;
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

async function readOn(file: string, followed: FollowedFile): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(size - followed.offset),
      0,
      undefined,
      followed.offset,
    );
    followed.offset += bytesRead;
    return followed.decoder.write(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}
