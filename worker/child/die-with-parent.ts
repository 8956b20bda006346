import { Worker } from "node:worker_threads";
import { killMarked } from "../kill-marked.ts";
import { marksThatEndHere } from "./mark-processes.ts";

const LOOK_EVERY_MS = 500;

/**
 * Ends this process and all it started when the worker is gone, even while a task blocks the event loop: a thread
 * watches whose child this process is. Without it, a try could go on beside the one that replaces it.
 */
export function dieWithParent(): void {
  process.on("disconnect", killAllOfTask);
  const watch = `
    const parent = ${process.ppid};
    setInterval(() => {
      if (process.ppid !== parent) process.kill(-process.pid, "SIGKILL");
    }, ${LOOK_EVERY_MS});
  `;
  // Without the loader hooks of the main thread, it starts in milliseconds.
  new Worker(watch, { eval: true, execArgv: [], stdin: false }).unref();
}

function killAllOfTask(): void {
  void killMarked(marksThatEndHere());
  process.kill(-process.pid, "SIGKILL");
}
