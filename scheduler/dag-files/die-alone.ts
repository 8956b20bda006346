import { Worker } from "node:worker_threads";

/** What a process writes last when it ends itself because it takes more memory than it may. */
export const OVER_MEMORY = "daisy: this process takes more memory than it may";

/** Memory grows fast, so it is looked at often while a file's code runs. */
const BUSY_LOOK_MS = 50;
/** Waiting processes are many and wait long: what wakes them often costs more than all that they load. */
const IDLE_LOOK_MS = 1_000;

/**
 * Ends this process and what it started, whatever a file's code does meanwhile: when the process that started it is
 * gone, and when it takes more memory than it may, on the heap or beside it. A thread of its own looks, because a
 * file may block the event loop.
 * @param memoryLimit megabytes; 0: none
 * @returns is to be told when a file's code begins to run, and when it has ended
 */
export function dieAlone(memoryLimit: number): (isBusy: boolean) => void {
  process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
  const look = `
    const { writeSync } = require("node:fs");
    const { parentPort } = require("node:worker_threads");
    const parent = ${process.ppid};
    const most = ${memoryLimit === 0 ? "Infinity" : memoryLimit * 1024 * 1024};
    const { rss } = process.memoryUsage;
    const look = () => {
      const isOver = rss() > most;
      if (isOver) try { writeSync(2, ${JSON.stringify(`\n${OVER_MEMORY}\n`)}); } catch {}
      if (isOver || process.ppid !== parent) process.kill(-process.pid, "SIGKILL");
    };
    let timer = setInterval(look, ${IDLE_LOOK_MS});
    parentPort.on("message", (milliseconds) => {
      clearInterval(timer);
      timer = setInterval(look, milliseconds);
    });
  `;
  const watcher = new Worker(look, { eval: true, execArgv: [], stdin: false });
  watcher.unref();
  return (isBusy) => watcher.postMessage(isBusy ? BUSY_LOOK_MS : IDLE_LOOK_MS);
}
