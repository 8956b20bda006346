import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * In the environment of whatever a task's process starts: tells which try's it is, or, before and after tries, which
 * process's.
 */
export const PROCESS_MARK = "DAISY_TASK_PROCESS";

/**
 * Kills every process that carries one of the marks in its environment, except this one: also those that left the task's
 * process group to live on as daemons. A process that starts another one meanwhile is found in the next round.
 * Only Linux lets a process look; elsewhere nothing happens. Resolves when that is done: while this process may open no
 * more files, it cannot look and tries again.
 */
export async function killMarked(marks: readonly string[]): Promise<void> {
  for (; ; await sleep(LOOK_AGAIN_MS)) {
    try {
      return killAll(marks);
    } catch (error) {
      if (!NO_MORE_FILES.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
}

const LOOK_AGAIN_MS = 250;
const NO_MORE_FILES = new Set(["EMFILE", "ENFILE"]);

function killAll(marks: readonly string[]): void {
  const entries = marks.map((mark) => `${PROCESS_MARK}=${mark}`);
  const killed = new Set<number>();
  for (let found = findMarked(entries, killed); found.length > 0; found = findMarked(entries, killed)) {
    for (const pid of found) {
      killed.add(pid);
      kill(pid);
    }
  }
}

function findMarked(entries: readonly string[], known: ReadonlySet<number>): number[] {
  return listProcesses().filter((pid) => !known.has(pid) && pid !== process.pid && carries(pid, entries));
}

function listProcesses(): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function carries(pid: number, entries: readonly string[]): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
    return entries.some((entry) => environment.includes(entry));
  } catch (error) {
    if (NO_MORE_FILES.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    // It ended, or is another user's.
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
