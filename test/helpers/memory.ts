import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** The resident memory of a process in megabytes; 0 when it is gone. */
export function memoryOf(pid: number): number {
  try {
    const kilobytes =
      process.platform === "linux"
        ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
        : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
    return Math.round(Number(kilobytes ?? 0) / 1_024);
  } catch {
    return 0;
  }
}
