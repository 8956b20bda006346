import type { Dirent } from "node:fs";
import { lstat, readdir, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Queryable } from "../database/connect.ts";
import { findUnfinished, type RunName } from "../database/unfinished-runs.ts";
import { Refusals } from "./refusals.ts";

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

/** What a pass goes by. */
interface Pass {
  readonly now: number;
  /** Logs that were written last before it are old. */
  readonly before: number;
  readonly refusals: Refusals;
}

/**
 * Deletes task logs that nobody has written to for so many days, except those of runs that have not ended, and folders
 * that have been empty for a day. Never follows a symbolic link. May be interrupted at any moment, and may run in many
 * processes at once.
 * @param refusals takes what cannot be read or deleted, and is passed over
 * @returns how many files it deleted
 */
export async function pruneLogs(
  db: Queryable,
  baseLogFolder: string,
  days: number,
  signal: AbortSignal,
  now = Date.now(),
  refusals = new Refusals(),
  effects: { unlink(path: string): Promise<void> } = { unlink },
): Promise<number> {
  const pass: Pass = { now, before: now - days * DAY_MS, refusals };
  let deleted = 0;
  let gathered: OldRun[] = [];
  const deleteGathered = async () => {
    const unfinished = new Set((await findUnfinished(db, gathered)).map(nameOf));
    for (const { files } of gathered.filter((each) => !unfinished.has(nameOf(each)))) {
      for (const file of files) deleted += await effects.unlink(file).then(() => 1, refusals.instead(0));
    }
    gathered = [];
  };
  for (const dagFolder of await subfolders(baseLogFolder, /^dag_id=/, pass)) {
    for (const runFolder of await subfolders(dagFolder.path, /^run_id=/, pass)) {
      if (signal.aborted) return deleted;
      const files = await oldFiles(runFolder.path, pass);
      const names = { dagId: dagFolder.value, runId: runFolder.value };
      if (files.length > 0) gathered.push({ ...names, files });
      if (gathered.length >= AT_ONCE) await deleteGathered();
      await removeIfLongEmpty(runFolder.path, pass);
    }
    await removeIfLongEmpty(dagFolder.path, pass);
  }
  await deleteGathered();
  return deleted;
}

const nameOf = ({ dagId, runId }: RunName) => JSON.stringify([dagId, runId]);

async function subfolders(folder: string, name: RegExp, pass: Pass): Promise<{ path: string; value: string }[]> {
  const entries = await entriesOf(folder, pass);
  return entries
    .filter((entry) => entry.isDirectory() && name.test(entry.name))
    .map((entry) => ({ path: join(folder, entry.name), value: entry.name.slice(entry.name.indexOf("=") + 1) }));
}

/** The logs below a run's folder that are old; empty folders on the way are removed. */
async function oldFiles(folder: string, pass: Pass): Promise<string[]> {
  const old: string[] = [];
  for (const entry of await entriesOf(folder, pass)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && TASK_FOLDER.test(entry.name)) {
      old.push(...(await oldFiles(path, pass)));
      await removeIfLongEmpty(path, pass);
    } else if (entry.isFile() && LOG_FILE.test(entry.name) && (await lastWritten(path, pass)) < pass.before) {
      old.push(path);
    }
  }
  return old;
}

function entriesOf(folder: string, { refusals }: Pass): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(refusals.instead([]));
}

function lastWritten(path: string, { refusals }: Pass): Promise<number> {
  return lstat(path).then(({ mtimeMs }) => mtimeMs, refusals.instead(Number.POSITIVE_INFINITY));
}

/** A folder's time is that of the last change in it; a younger one may just have been made for a log to come. */
async function removeIfLongEmpty(folder: string, pass: Pass): Promise<void> {
  if ((await lastWritten(folder, pass)) > pass.now - DAY_MS) return;
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") pass.refusals.instead(undefined)(error);
  });
}
