// A worker process for one try that was lost with its worker before: run-alone.ts starts it, and says which.
import { once } from "node:events";
import { createLog, type LogLevel } from "#core/log.ts";
import { applyMasking } from "#core/secrets/apply-masking.ts";
import type { LoneOrder } from "./run-alone.ts";
import { runWorker } from "./worker.ts";

const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());
// Ctrl-C reaches every process of the terminal; the worker that started this one says when to stop.
process.on("SIGINT", () => undefined);
process.once("disconnect", () => stopping.abort());

const [{ config, tryId }] = (await once(process, "message")) as [LoneOrder];
// The configuration came ready made; who reads one has done this.
applyMasking(config);
const log = createLog("worker", config.logging.logging_level as LogLevel);
await runWorker({ config, log, signal: stopping.signal, onlyTry: tryId, concurrency: 1, drainSeconds: 0 });
process.disconnect?.();
