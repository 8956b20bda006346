import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { absenceOf } from "#core/absence.ts";
import type { Log } from "#core/log.ts";

export type TryLogLevel = "INFO" | "WARNING" | "ERROR";

/** The log of one try, written to its file a little later than it is told. */
export interface TryLog {
  /** Adds a line (or several, when the text has line breaks). */
  write(level: TryLogLevel, text: string): void;
  /** True while so much waits for the disk that whoever produces lines should pause. */
  readonly isFull: boolean;
  /** What a text is without the secrets that the log hides. */
  hide(text: string): string;
  /**
   * Resolves when everything told so far is in the file. Never rejects: lines that cannot be written, because the disk is
   * full, are lost, and the log says so when it can be written again.
   */
  flush(): Promise<void>;
}

const FLUSH_AFTER_MS = 50;
const FLUSH_AT_BYTES = 64 * 1024;
const FULL_AT_BYTES = 1024 * 1024;

/**
 * Opens a try's log; the file and its folders are made with the first line.
 * @param hide takes secrets out of a text before it is kept
 */
export function openTryLog(path: string, processLog: Log, hide: (text: string) => string): TryLog {
  let pending: string[] = [];
  let pendingLength = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let hasFolder = false;
  let lost = 0;
  const folder = absenceOf(processLog, "The folder of task logs");

  async function append(text: string): Promise<void> {
    if (!hasFolder) await mkdir(dirname(path), { recursive: true });
    hasFolder = true;
    await appendFile(path, text).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      // Folders of old logs are cleaned away when they are empty, as this one may have been.
      await mkdir(dirname(path), { recursive: true });
      await appendFile(path, text);
    });
  }

  async function writePending(): Promise<void> {
    while (pending.length > 0) {
      const lines = pending;
      pending = [];
      const text = lines.join("");
      try {
        await append(`${lost === 0 ? "" : noteOfLoss(lost)}${text}`);
        lost = 0;
        folder.answered();
      } catch (error) {
        lost += lines.length;
        folder.failed(error);
      }
      pendingLength -= text.length;
    }
    writing = undefined;
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length > 0) writing ??= writePending();
    return writing ?? Promise.resolve();
  }

  return {
    get isFull() {
      return pendingLength > FULL_AT_BYTES;
    },
    hide,
    flush,
    write(level, text) {
      const time = new Date();
      for (const line of hide(text).split("\n")) {
        const whole = lineOf(time, level, line);
        pending.push(whole);
        pendingLength += whole.length;
      }
      if (pendingLength > FLUSH_AT_BYTES) void flush();
      else timer ??= setTimeout(flush, FLUSH_AFTER_MS);
    },
  };
}

function lineOf(time: Date, level: TryLogLevel, text: string): string {
  return `[${time.toISOString()}] {task} ${level} - ${text}\n`;
}

/** On a line of its own, whatever half of a line was the last to be written. */
function noteOfLoss(lines: number): string {
  return `\n${lineOf(new Date(), "WARNING", `${lines} lines of this log are lost: they could not be written.`)}`;
}
