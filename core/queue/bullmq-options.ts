import { createPostgresBackend } from "bullmq";
import { startupOptions } from "#core/database/connect.ts";
import type { Broker } from "./broker.ts";
import { cuttableSockets } from "./cuttable-sockets.ts";

/** Before every key in Redis, and the schema in PostgreSQL. */
const NAMESPACE = "daisy_queue";

const CONNECTIONS = 4;
const LONGEST_RECONNECT_MS = 1_000;
/**
 * A connection that has been asked something and is silent for so long is cut and made again; longer than a worker's
 * wait for the next job, which is an answer in Redis, and is not asked for in PostgreSQL.
 */
const SILENCE_MS = 8_000;
const REACHABLE_WITHIN_MS = 5_000;
/** How long a worker's connection waits for a job before it asks again, in seconds. */
export const WAIT_FOR_JOB_SECONDS = 2;

/** A queue's name as BullMQ accepts it: it takes any but a colon. */
export function bullName(queue: string): string {
  return encodeURIComponent(queue);
}

/**
 * What BullMQ's `Queue` and `Worker` need to reach a broker; connections are made again for ever.
 * @returns with them `heard`, which wants to be told each error that they report
 */
export function brokerOptions(broker: Broker, redis: object = {}) {
  if (broker.kind === "redis") {
    const retryStrategy = (times: number) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_MS);
    const patience = { connectTimeout: REACHABLE_WITHIN_MS, socketTimeout: SILENCE_MS, keepAlive: REACHABLE_WITHIN_MS };
    const options = { connection: { url: broker.url, retryStrategy, ...patience, ...redis }, prefix: NAMESPACE };
    return { options, backend: undefined, heard: () => undefined };
  }
  const sockets = cuttableSockets();
  const connection = {
    connectionString: broker.url,
    schema: NAMESPACE,
    migrate: true,
    max: CONNECTIONS,
    // A job is a hint that may be lost, so it need not wait for the disk.
    options: startupOptions({ synchronous_commit: "off" }),
    query_timeout: SILENCE_MS,
    connectionTimeoutMillis: REACHABLE_WITHIN_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: REACHABLE_WITHIN_MS,
    stream: sockets.create,
  };
  return { options: { connection: connection as object }, backend: createPostgresBackend, heard: sockets.heard };
}
