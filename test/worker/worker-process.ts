// Runs a worker in a process of its own, so that a test can kill it.
import type { AirflowConfig } from "#core/config/options.ts";
import { createLog } from "#core/log.ts";
import { runWorker } from "#worker/worker.ts";

const config = JSON.parse(process.argv[2]!) as AirflowConfig;
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
await runWorker({ config, log: createLog("worker-process", "ERROR"), signal: stopping.signal, drainSeconds: 0 });
