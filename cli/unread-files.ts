import { stat } from "node:fs/promises";
import path from "node:path";
import type { AirflowConfig } from "#core/config/options.ts";
import { splitArchivePath } from "#core/dag-code/archive.ts";
import type { Database, Queryable } from "#core/database/connect.ts";
import { findLatestHeartbeat, isAlive } from "#core/database/console-lists.ts";
import { DaisyError, type ErrorCode } from "#core/errors.ts";
import { createLog } from "#core/log.ts";
import { discover } from "#scheduler/dag-files/discover.ts";
import type { IgnoreSyntax } from "#scheduler/dag-files/ignore-file.ts";
import { IgnoreFiles } from "#scheduler/dag-files/ignore-files.ts";
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

const MOST_NAMED = 5;

/**
 * Says which DAG files changed since a scheduler last ran, when none runs now: what the database tells about DAGs may
 * then be older than the files.
 */
export async function noteUnreadFiles(db: Queryable, config: AirflowConfig, console: Console): Promise<void> {
  const heartbeat = await findLatestHeartbeat(db, "SchedulerJob");
  if (isAlive(heartbeat, config.scheduler.scheduler_health_check_threshold)) return;
  const files = await filesChangedSince(config, heartbeat?.latestHeartbeat ?? new Date(0));
  if (files.length === 0) return;
  const more = files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : "";
  console.note(
    `No scheduler is running, so these files are not read yet: ${files.slice(0, MOST_NAMED).join(", ")}${more}. ` +
      "Start one with `airflow scheduler` or `airflow standalone`.",
  );
}

async function filesChangedSince({ core }: AirflowConfig, date: Date): Promise<string[]> {
  const { dags_folder: folder, dag_ignore_file_syntax: syntax } = core;
  // What is odd about the folder is told by the scheduler that reads it.
  const { files } = await discover(folder, createLog("cli", "ERROR"), new IgnoreFiles(syntax as IgnoreSyntax));
  const changed = await Promise.all(files.map((file) => changeOf(path.join(folder, file))));
  return files.filter((_, index) => changed[index]! > date).sort();
}

/** When a file, or the archive that it is in, was changed. */
async function changeOf(file: string): Promise<Date> {
  const found = await stat(file)
    .catch(() => stat(splitArchivePath(file)?.archive ?? file))
    .catch(() => undefined);
  return found?.mtime ?? new Date(0);
}
