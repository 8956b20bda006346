import { normalizeUrl } from "#core/database/connect.ts";
import type { AirflowConfig } from "../config/options.ts";

/** Where jobs are kept. */
export type Broker =
  | { readonly kind: "redis"; readonly url: string }
  | { readonly kind: "postgres"; readonly url: string };

const REDIS = /^rediss?:\/\//;
const POSTGRES = /^postgres(ql)?(\+\w+)?:\/\//;

/**
 * Reads `[celery] broker_url`: a Redis URL, or a PostgreSQL one. Empty means the metadata database itself.
 */
export function readBroker(config: Pick<AirflowConfig, "celery" | "database">): Broker {
  const url = config.celery.broker_url || config.database.sql_alchemy_conn;
  if (REDIS.test(url)) return { kind: "redis", url };
  if (POSTGRES.test(url)) return { kind: "postgres", url: normalizeUrl(url) };
  throw new Error(
    `[celery] broker_url must start with redis://, rediss:// or postgresql://; got ${url === "" ? "nothing, and no [database] sql_alchemy_conn either" : `"${url.split(":", 1)[0]}:…"`}`,
  );
}
