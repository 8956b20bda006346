import { readFileSync } from "node:fs";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";

const MAX_RSS_BYTES = 512 * 1024 * 1024;
/** Kinds of resources that end by themselves at once. */
const PASSING = new Set(["Immediate", "TickObject", "CloseReq", "FSReqCallback", "FSReqPromise"]);

/**
 * What is about to close gets the chance to: a handle takes two turns of the event loop, and a connection as long as
 * its other end. A new process would cost more than the wait.
 */
const CLOSING_PAUSES_MS = [0, 0, 5, 20];

/** What keeps the process busy while it runs no try. */
export interface Baseline {
  readonly resources: ReadonlyMap<string, number>;
  readonly cwd: string;
}

export function takeBaseline(): Baseline {
  return { resources: countResources(), cwd: process.cwd() };
}

/**
 * Why this process should not run another try, after one has ended: it left something active behind (a timer, a
 * socket, a child process), moved to another folder, or takes much memory. Undefined when it is as before.
 */
export async function findLeftover(baseline: Baseline): Promise<string | undefined> {
  for (const pause of CLOSING_PAUSES_MS) {
    if (lookForLeftover(baseline) === undefined) return undefined;
    await (pause === 0 ? turn() : sleep(pause));
  }
  return lookForLeftover(baseline);
}

function lookForLeftover(baseline: Baseline): string | undefined {
  for (const [kind, count] of countResources()) {
    const before = baseline.resources.get(kind) ?? 0;
    if (count > before) return `${count - before} active ${kind}`;
  }
  const children = countChildProcesses();
  if (children > 0) return `${children} child process${children === 1 ? "" : "es"}`;
  if (process.cwd() !== baseline.cwd) return `working folder ${process.cwd()}`;
  const rss = process.memoryUsage.rss();
  return rss > MAX_RSS_BYTES ? `${Math.round(rss / 1024 / 1024)} MiB of memory` : undefined;
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!PASSING.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Also those that do not keep the event loop alive. Only Linux tells; elsewhere it is zero. */
function countChildProcesses(): number {
  try {
    const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
    return pids === "" ? 0 : pids.split(" ").length;
  } catch {
    return 0;
  }
}
