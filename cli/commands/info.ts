import os from "node:os";
import { configPath, loadConfig } from "#core/config/load.ts";
import type { AirflowConfig } from "#core/config/options.ts";
import { findRedisServer } from "#setup/services/private-redis.ts";
import { defineCommand } from "../command.ts";
import { withoutPassword } from "../database-actions.ts";
import { OUTPUT_FLAG, printRows } from "../output.ts";
import { readVersion } from "../version.ts";

export const command = defineCommand({
  summary: "Show information about this installation and its environment",
  flags: { output: OUTPUT_FLAG },
  async run({ console, flags }) {
    const config = await loadConfig();
    const facts = {
      "Daisy version": await readVersion(),
      "Node version": process.versions.node,
      System: `${os.type()} ${os.release()} ${os.arch()}`,
      AIRFLOW_HOME: config.home,
      Configuration: configPath(),
      "DAGs folder": config.core.dags_folder,
      "Log folder": config.logging.base_log_folder,
      Database: describeDatabase(config),
      Queue: describeQueue(config),
      TensorFlow: await describeTensorflow(),
    };
    const rows = Object.entries(facts).map(([fact, value]) => ({ fact, value }));
    printRows(console, rows, flags.output);
  },
});

function describeDatabase({ database, home }: AirflowConfig): string {
  return database.sql_alchemy_conn === ""
    ? `PostgreSQL, embedded, in ${home}/postgres`
    : `PostgreSQL at ${withoutPassword(database.sql_alchemy_conn)}`;
}

function describeQueue({ celery, database, home }: AirflowConfig): string {
  const broker = celery.broker_url;
  if (broker.startsWith("redis")) return `Redis at ${new URL(broker).host}`;
  if (broker !== "") return `PostgreSQL at ${withoutPassword(broker)}`;
  if (database.sql_alchemy_conn !== "") return "PostgreSQL, in the same database ([celery] broker_url is empty)";
  const binary = findRedisServer();
  return binary
    ? `Redis, private (${binary}), in ${home}/redis`
    : "PostgreSQL, in the same database (no redis-server on this machine)";
}

/** Loading TensorFlow takes seconds, so nothing else of the command line does. */
async function describeTensorflow(): Promise<string> {
  try {
    const { tensorflowRuntime } = await import("#tfx/tensorflow.ts");
    return await tensorflowRuntime();
  } catch (error) {
    return `none: ${(error as Error).message.split("\n")[0]}`;
  }
}
