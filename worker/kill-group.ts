/** Signals a whole process group; one that is gone is fine. */
export function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Asks a process group to end, and kills what is left of it after the grace period. The timers are the worker's, so
 * a task that never yields is killed as well.
 * @param graceMs how long it has to end by itself
 * @returns a function that calls the kill off, because the group has ended
 */
export function killGroup(leader: number, graceMs: number): () => void {
  signalGroup(leader, "SIGTERM");
  const timer = setTimeout(() => signalGroup(leader, "SIGKILL"), graceMs);
  return () => clearTimeout(timer);
}
