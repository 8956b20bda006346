import type { ChildProcess } from "node:child_process";

const PATIENCE_MS = 10_000;

/**
 * Asks a process to end and waits until it has; after 10 s the next signal follows, and at last SIGKILL.
 * Fine to call for one that has ended.
 */
export async function stopProcess(child: ChildProcess, ...signals: readonly NodeJS.Signals[]): Promise<void> {
  for (const signal of [...signals, "SIGKILL"] as const) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    if (await endsWithin(child, PATIENCE_MS)) return;
  }
}

function endsWithin(child: ChildProcess, milliseconds: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
