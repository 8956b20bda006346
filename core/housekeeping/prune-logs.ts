import type { Dirent } from "node:fs";
import { lstat, readdir, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Queryable } from "../database/connect.ts";
import { findUnfinished, type RunName } from "../database/unfinished-runs.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Runs that the database is asked about at once. */
const AT_ONCE = 500;
/** The files of a run's folder that are logs; anything else there is not ours to delete. */
const LOG_FILE = /^(attempt=\d+\.log.*|callbacks\.log)$/;
const TASK_FOLDER = /^(task_id|map_index)=/;

/** A run's folder, and its logs that are old enough. */
interface OldRun extends RunName {
  readonly files: readonly string[];
}

/**
 * Deletes task logs that nobody has written to for so many days, except those of runs that have not ended, and folders
 * that have been empty for a day. Never follows a symbolic link. May be interrupted at any moment, and may run in many
 * processes at once.
 * @returns how many files it deleted
 */
export async function pruneLogs(
  db: Queryable,
  baseLogFolder: string,
  days: number,
  signal: AbortSignal,
  now = Date.now(),
): Promise<number> {
  const before = now - days * DAY_MS;
  let deleted = 0;
  let gathered: OldRun[] = [];
  const deleteGathered = async () => {
    const unfinished = new Set((await findUnfinished(db, gathered)).map(nameOf));
    for (const run of gathered.filter((each) => !unfinished.has(nameOf(each)))) deleted += await deleteAll(run.files);
    gathered = [];
  };
  for (const dagFolder of await subfolders(baseLogFolder, /^dag_id=/)) {
    for (const runFolder of await subfolders(dagFolder.path, /^run_id=/)) {
      if (signal.aborted) return deleted;
      const files = await oldFiles(runFolder.path, before, now);
      const names = { dagId: dagFolder.value, runId: runFolder.value };
      if (files.length > 0) gathered.push({ ...names, files });
      if (gathered.length >= AT_ONCE) await deleteGathered();
      await removeIfLongEmpty(runFolder.path, now);
    }
    await removeIfLongEmpty(dagFolder.path, now);
  }
  await deleteGathered();
  return deleted;
}

const nameOf = ({ dagId, runId }: RunName) => JSON.stringify([dagId, runId]);

async function subfolders(folder: string, name: RegExp): Promise<{ path: string; value: string }[]> {
  const entries = await entriesOf(folder);
  return entries
    .filter((entry) => entry.isDirectory() && name.test(entry.name))
    .map((entry) => ({ path: join(folder, entry.name), value: entry.name.slice(entry.name.indexOf("=") + 1) }));
}

/** The logs below a run's folder that were written last before a moment; empty folders on the way are removed. */
async function oldFiles(folder: string, before: number, now: number): Promise<string[]> {
  const old: string[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && TASK_FOLDER.test(entry.name)) {
      old.push(...(await oldFiles(path, before, now)));
      await removeIfLongEmpty(path, now);
    } else if (entry.isFile() && LOG_FILE.test(entry.name) && (await lastWritten(path)) < before) {
      old.push(path);
    }
  }
  return old;
}

function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(unlessGone([]));
}

function lastWritten(path: string): Promise<number> {
  return lstat(path).then(({ mtimeMs }) => mtimeMs, unlessGone(Number.POSITIVE_INFINITY));
}

async function deleteAll(files: readonly string[]): Promise<number> {
  let deleted = 0;
  for (const file of files) {
    deleted += await unlink(file).then(() => 1, unlessGone(0));
  }
  return deleted;
}

/** A folder's time is that of the last change in it; a younger one may just have been made for a log to come. */
async function removeIfLongEmpty(folder: string, now: number): Promise<void> {
  if ((await lastWritten(folder)) > now - DAY_MS) return;
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") unlessGone(undefined)(error);
  });
}

/** Somebody else may clean the same folder. */
function unlessGone<T>(otherwise: T) {
  return (error: NodeJS.ErrnoException): T => {
    if (error.code === "ENOENT") return otherwise;
    throw error;
  };
}
