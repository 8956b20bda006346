import { stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const BETWEEN_MS = 20;

/**
 * Resolves when a file has content, is not there, or has been empty for `patienceMs`. Many an editor empties a file
 * before it writes it anew; who reads it in between would take its DAGs for deleted.
 */
export async function untilWritten(path: string, patienceMs: number): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while ((await isEmpty(path)) && performance.now() < giveUpAt) await pause(BETWEEN_MS);
}

async function isEmpty(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile() && found.size === 0,
    () => false,
  );
}
