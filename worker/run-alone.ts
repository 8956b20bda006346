import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AirflowConfig } from "#core/config/options.ts";
import type { Queryable } from "#core/database/connect.ts";
import { mustRunAlone } from "#core/database/lost-tries.ts";
import { untilWritten } from "#core/database/patience.ts";
import type { Log } from "#core/log.ts";
import { EXEC_ARGV } from "./task-process.ts";

const ENTRY = fileURLToPath(new URL("./lone-worker.ts", import.meta.url));

/** What a lone worker is told by the worker that starts it. */
export interface LoneOrder {
  readonly config: AirflowConfig;
  /** The one try that it takes. */
  readonly tryId: string;
}

/**
 * Runs a try that was lost with its worker before in a worker process of its own, which takes that one try and ends. If
 * the task takes down its worker again, nothing else goes down with it. False when the try need not run alone, or is
 * not waiting any more.
 * @param signal aborts when the worker stops its tries
 */
export async function runAlone(
  db: Queryable,
  config: AirflowConfig,
  tryId: string,
  log: Log,
  signal: AbortSignal,
): Promise<boolean> {
  const isDue = await untilWritten(() => mustRunAlone(db, tryId), log, signal);
  if (!isDue || signal.aborted) return false;
  log.info(`Try ${tryId} was lost with its worker before; it runs in a worker process of its own`);
  const lone = fork(ENTRY, { execArgv: EXEC_ARGV, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = untilEnded(lone);
  const stop = () => void lone.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  lone.send({ config, tryId } satisfies LoneOrder, () => undefined);
  const how = await ended;
  signal.removeEventListener("abort", stop);
  if (how !== "code 0") log.error(`The worker process of try ${tryId} ended with ${how}`);
  return true;
}

/** How the process ended, in words. */
async function untilEnded(lone: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(lone, "exit")) as [number | null, NodeJS.Signals | null];
    return signal ?? `code ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}
