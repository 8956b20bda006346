import { hostname as ownHostname } from "node:os";
import { relative } from "node:path";
import { findLogServerPort } from "#core/database/jobs.ts";
import { readTaskLog, type TaskLogPart, type TryLogKey, taskLogPath } from "#core/task-logs.ts";
import type { Server } from "./api/call.ts";
import { readServedLog } from "./served-logs.ts";

/** Who ran a try; null before one has claimed it. */
export interface TryRunner {
  readonly hostname: string | null;
  readonly pid: number | null;
}

/** A part of a log, or why there is none. */
export type FoundLog =
  | { readonly part: TaskLogPart }
  | {
      /** Lines for whoever wants to read the log, in Airflow's words. */
      readonly complaints: readonly string[];
      /** Whether it may be there later: the try has not written anything yet. */
      readonly mayCome: boolean;
    };

/**
 * Reads a part of a try's log from `[logging] base_log_folder`, or, when it is not there, from the log server of the
 * worker that ran the try.
 */
export async function findLog(
  { db, config }: Pick<Server, "db" | "config">,
  key: TryLogKey,
  { hostname, pid }: TryRunner,
  offset: number,
): Promise<FoundLog> {
  const { base_log_folder: folder } = config.logging;
  const part = await readTaskLog(folder, key, { offset });
  if (part !== undefined) return { part };
  const path = taskLogPath(folder, key);
  const missing = `*** Log file does not exist: ${path}`;
  if (hostname === null) return { complaints: [missing], mayCome: true };
  const port = await findLogServerPort(db, hostname, pid);
  if (port === null) {
    if (hostname === ownHostname()) return { complaints: [missing], mayCome: true };
    return { complaints: [missing, `*** Could not read served logs: ${explainNoServer(hostname)}`], mayCome: false };
  }
  try {
    const served = await readServedLog({ hostname, port }, relative(folder, path), offset, config);
    if (served !== undefined) return { part: served };
    return { complaints: [missing, `*** Nor on the worker's host, ${hostname}`], mayCome: true };
  } catch (error) {
    const reason = `*** Could not read served logs: ${(error as Error).message}`;
    return { complaints: [missing, reason], mayCome: false };
  }
}

function explainNoServer(hostname: string): string {
  return (
    `the worker on ${hostname} serves none; share [logging] base_log_folder with it, or set ` +
    "[logging] worker_log_server_host there"
  );
}
