import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 15;

/** Whether a process exists and has not ended; one that only waits for its parent to take note of its end has. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and is somebody else's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return !isZombie(pid);
}

/** The command line of a process, or undefined when there is none. */
export function commandOf(pid: number): string | undefined {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    const stdio = ["ignore", "pipe", "ignore"] as const;
    return execFileSync("ps", ["-p", String(pid), "-o", "args="], { encoding: "utf8", stdio: [...stdio] });
  } catch {
    return undefined;
  }
}

/**
 * Asks a process to end and waits until it has; after 10 s the next signal follows, and at last SIGKILL.
 * Fine to call for one that has ended. The process need not be a child of this one.
 */
export async function stopPid(pid: number, ...signals: readonly NodeJS.Signals[]): Promise<void> {
  for (const signal of [...signals, "SIGKILL"] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await endsWithin(pid, PATIENCE_MS)) return;
  }
}

async function endsWithin(pid: number, milliseconds: number): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += LOOK_EVERY_MS) {
    if (!isAlive(pid)) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}

/** In a container whose first process takes no note of orphans, they stay as zombies for ever. */
function isZombie(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}
