import { createPostgresBackend } from "bullmq";
import type { Broker } from "./broker.ts";

/** Before every key in Redis, and the schema in PostgreSQL. */
const NAMESPACE = "daisy_queue";

const CONNECTIONS = 4;
const LONGEST_RECONNECT_MS = 1_000;

/** A queue's name as BullMQ accepts it: it takes any but a colon. */
export function bullName(queue: string): string {
  return encodeURIComponent(queue);
}

/** What BullMQ's `Queue` and `Worker` need to reach a broker; Redis connections are made again for ever. */
export function brokerOptions(broker: Broker, redis: object = {}) {
  if (broker.kind === "redis") {
    const retryStrategy = (times: number) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_MS);
    const options = { connection: { url: broker.url, retryStrategy, ...redis }, prefix: NAMESPACE };
    return { options, backend: undefined };
  }
  const connection = {
    connectionString: broker.url,
    schema: NAMESPACE,
    migrate: true,
    max: CONNECTIONS,
    // A job is a hint that may be lost, so it need not wait for the disk.
    options: "-c synchronous_commit=off",
  };
  return { options: { connection: connection as object }, backend: createPostgresBackend };
}
