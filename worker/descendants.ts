import { readdirSync, readFileSync } from "node:fs";

/** A process, and not another one that has its number by now. */
export interface KnownProcess {
  readonly pid: number;
  /** In clock ticks since the machine started. */
  readonly startedAt: string;
}

/**
 * The processes that a process has started, and those that these have: also in sessions of their own, and whatever they
 * have done with their environments, but not those whose parents have ended. Only Linux tells; elsewhere there are none.
 */
export function listDescendants(pid: number): KnownProcess[] {
  return childrenOf(pid).flatMap((child) => {
    const startedAt = startOf(child);
    return startedAt === undefined ? [] : [{ pid: child, startedAt }, ...listDescendants(child)];
  });
}

/** Kills a process, if it has not ended. */
export function killKnown({ pid, startedAt }: KnownProcess): void {
  if (startOf(pid) !== startedAt) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself, or is another user's.
  }
}

/** Of all its threads: any may have started some. */
function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads
      .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").match(/\d+/g) ?? [])
      .map(Number);
  } catch {
    return [];
  }
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before it may hold anything; of what is behind it this is the 20th.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
