import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { AirflowConfig } from "#core/config/options.ts";
import { DaisyError } from "#core/errors.ts";

/** What any process of Daisy's has open besides its connections to the database: code, the queue, logs, HTTP. */
const FILES_OF_A_PROCESS = 64;
/** For each child process: its output, its channel, and what is open while it starts. */
const FILES_OF_A_CHILD = 5;

/**
 * Refuses to start where the system lets a process open so few files that it would fail in the middle of its work.
 * @param may how many files this process may open; undefined: nobody knows
 * @throws {DaisyError} TOO_FEW_FILES
 */
export function checkOpenFiles(name: string, config: AirflowConfig, may = mayOpen()): void {
  const children = { worker: config.celery.worker_concurrency, scheduler: config.scheduler.max_threads }[name] ?? 0;
  const needs = FILES_OF_A_PROCESS + config.database.sql_alchemy_pool_size + FILES_OF_A_CHILD * children;
  if (may !== undefined && may < needs) throw new DaisyError("TOO_FEW_FILES", name, may, needs);
}

function mayOpen(): number | undefined {
  try {
    const limit =
      process.platform === "linux"
        ? /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]
        : execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
    return Number(limit) || undefined;
  } catch {
    return undefined;
  }
}
