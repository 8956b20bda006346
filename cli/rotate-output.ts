import { copyFileSync, renameSync, statSync, truncateSync } from "node:fs";

/** How large a file of a background process's output becomes, and how many older ones are kept. */
const LARGEST = 10 * 1024 * 1024;
const KEPT = 5;
const EVERY_MS = 60_000;
/** Names the files to the process in the background, in JSON. */
export const OUTPUT_FILES = "DAISY_OUTPUT_FILES";

/** Keeps this process's own output files small, if it runs in the background; ends with the process. */
export function rotateOutput(env: NodeJS.ProcessEnv = process.env): void {
  const files = JSON.parse(env[OUTPUT_FILES] ?? "[]") as string[];
  if (files.length === 0) return;
  const rotateAll = () => {
    for (const file of new Set(files)) rotateFile(file);
  };
  rotateAll();
  setInterval(rotateAll, EVERY_MS).unref();
}

/**
 * Moves what a file holds into `<file>.1`, and that before into `.2` and so on, when it has become too large. The file
 * itself stays, because it is open. All in one go, so that nothing can be written meanwhile. A crash in the middle
 * leaves lines that are there twice, and none that is lost.
 */
export function rotateFile(file: string, largest = LARGEST, kept = KEPT): void {
  try {
    const found = statSync(file);
    if (!found.isFile() || found.size <= largest) return;
    for (let number = kept - 1; number >= 1; number--) {
      if (statSync(`${file}.${number}`, { throwIfNoEntry: false }))
        renameSync(`${file}.${number}`, `${file}.${number + 1}`);
    }
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  } catch {
    // A full disk, or a file that somebody took away: the output goes on as it can.
  }
}
