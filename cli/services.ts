import { loadConfig, withConfig } from "#core/config/load.ts";
import type { AirflowConfig } from "#core/config/options.ts";
import { connect, type Database } from "#core/database/connect.ts";
import { createLog, type LogLevel } from "#core/log.ts";
import { shareServices } from "#setup/services/shared-services.ts";

/** A configuration whose URLs lead somewhere, and the end of that. */
export interface OpenServices {
  readonly config: AirflowConfig;
  /** What keeps the queue, in words. */
  readonly queueEngine: string;
  release(): Promise<void>;
}

/**
 * Makes sure that the database, and the queue when asked for, can be used: those configured, or else the servers of
 * this AIRFLOW_HOME, which are started when nobody has yet.
 */
export async function openServices(config: AirflowConfig, options: { queue: boolean }): Promise<OpenServices> {
  const database = config.database.sql_alchemy_conn;
  const broker = config.celery.broker_url;
  if (database !== "") return { config, queueEngine: describeQueue(broker), release: async () => undefined };
  const log = createLog("services", config.logging.logging_level as LogLevel);
  const services = await shareServices({ home: config.home, queue: options.queue && broker === "", log });
  const brokerUrl = broker || (services.brokerUrl ?? "");
  return {
    config: withConfig(config, {
      database: { sql_alchemy_conn: services.databaseUrl },
      celery: { broker_url: brokerUrl },
    }),
    queueEngine:
      broker === "" && brokerUrl === "" ? "PostgreSQL (no redis-server on this machine)" : describeQueue(brokerUrl),
    release: services.release,
  };
}

function describeQueue(brokerUrl: string): string {
  return brokerUrl.startsWith("redis") ? "Redis" : "PostgreSQL ([celery] broker_url is not a Redis URL)";
}

/** Does something with the database, for a command that ends soon after. */
export async function withDatabase<T>(work: (db: Database, config: AirflowConfig) => Promise<T>): Promise<T> {
  const opening = openServices(await loadConfig(), { queue: false });
  // Ctrl-C must not leave behind servers that only this command uses.
  const leave = () => void opening.then((services) => services.release()).finally(() => process.exit(130));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, leave);
  const { config, release } = await opening;
  const db = connect(config.database.sql_alchemy_conn, {
    maxConnections: 2,
    applicationName: "daisy-cli",
    // A clean-up of a large table takes its time.
    silenceSeconds: null,
  });
  try {
    return await work(db, config);
  } finally {
    await db.end();
    await release();
  }
}
