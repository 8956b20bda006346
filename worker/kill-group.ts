/** Signals a whole process group; one that is gone is fine. */
export function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** How long a task has to end by itself after it was asked to. */
export const KILL_GRACE_MS = 5_000;

/**
 * Asks a process group to end, and kills what is left of it after the grace period. The timers are the worker's, so
 * a task that never yields is killed as well.
 * @returns a function that calls the kill off, because the group has ended
 */
export function killGroup(leader: number, graceMs = KILL_GRACE_MS): () => void {
  signalGroup(leader, "SIGTERM");
  const timer = setTimeout(() => signalGroup(leader, "SIGKILL"), graceMs);
  return () => clearTimeout(timer);
}
