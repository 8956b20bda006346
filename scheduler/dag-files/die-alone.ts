import { Worker } from "node:worker_threads";

/** What a process writes last when it ends itself because it takes more memory than it may. */
export const OVER_MEMORY = "daisy: this process takes more memory than it may";

/** Memory grows fast, so it is looked at often; each look costs microseconds. */
const LOOK_MS = 50;

/**
 * Ends this process and what it started, whatever a file's code does meanwhile: when the process that started it is
 * gone, and when it takes more memory than it may, on the heap or beside it. A thread of its own looks, because a
 * file may block the event loop.
 * @param memoryLimit megabytes; 0: none
 */
export function dieAlone(memoryLimit: number): void {
  process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
  const look = `
    const { writeSync } = require("node:fs");
    const parent = ${process.ppid};
    const most = ${memoryLimit === 0 ? "Infinity" : memoryLimit * 1024 * 1024};
    const { rss } = process.memoryUsage;
    setInterval(() => {
      const isOver = rss() > most;
      if (isOver) try { writeSync(2, ${JSON.stringify(`\n${OVER_MEMORY}\n`)}); } catch {}
      if (isOver || process.ppid !== parent) process.kill(-process.pid, "SIGKILL");
    }, ${LOOK_MS});
  `;
  new Worker(look, { eval: true, execArgv: [], stdin: false }).unref();
}
