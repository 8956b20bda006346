import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { AirflowConfig } from "#core/config/options.ts";
import type { Database, Queryable } from "#core/database/connect.ts";
import { findLatestHeartbeat, isAlive } from "#core/database/console-lists.ts";
import { DaisyError, type ErrorCode } from "#core/errors.ts";
import type { Console } from "./console.ts";
import { withDatabase } from "./services.ts";

const NOT_FOUND: readonly string[] = [
  "DAG_NOT_FOUND",
  "DAG_NOT_IN_TABLE",
  "DAG_TO_TRIGGER_NOT_FOUND",
] satisfies ErrorCode[];

/**
 * Does something with the database that is about a DAG by its id. When there is no such DAG, files that nobody has read
 * yet are named, since one of them may hold it.
 */
export function withDags<T>(console: Console, work: (db: Database, config: AirflowConfig) => Promise<T>): Promise<T> {
  return withDatabase(async (db, config) => {
    try {
      return await work(db, config);
    } catch (error) {
      if (error instanceof DaisyError && NOT_FOUND.includes(error.code)) await noteUnreadFiles(db, config, console);
      throw error;
    }
  });
}

/** What may be a DAG file. */
const DAG_FILE = /(?<!\.d)\.(ts|js|mjs)$/;
const MOST_NAMED = 5;

/**
 * Says which DAG files changed since a scheduler last ran, when none runs now: what the database tells about DAGs may
 * then be older than the files.
 */
export async function noteUnreadFiles(db: Queryable, config: AirflowConfig, console: Console): Promise<void> {
  const heartbeat = await findLatestHeartbeat(db, "SchedulerJob");
  if (isAlive(heartbeat, config.scheduler.scheduler_health_check_threshold)) return;
  const files = await filesChangedSince(config.core.dags_folder, heartbeat?.latestHeartbeat ?? new Date(0));
  if (files.length === 0) return;
  const more = files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : "";
  console.note(
    `No scheduler is running, so these files are not read yet: ${files.slice(0, MOST_NAMED).join(", ")}${more}. ` +
      "Start one with `airflow scheduler` or `airflow standalone`.",
  );
}

async function filesChangedSince(folder: string, date: Date): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((): Dirent[] => []);
  const files = entries
    .filter((entry) => entry.isFile() && DAG_FILE.test(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.includes(`${path.sep}node_modules${path.sep}`));
  const changed = await Promise.all(
    files.map(async (file) => (await stat(file).catch(() => undefined))?.mtime ?? new Date(0)),
  );
  return files
    .filter((_, index) => changed[index]! > date)
    .map((file) => path.relative(folder, file))
    .sort();
}
