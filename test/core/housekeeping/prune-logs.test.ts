import { access, mkdir, mkdtemp, readdir, rm, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { defaultConfig } from "#core/config/load.ts";
import { housekeeping } from "#core/housekeeping/housekeeping.ts";
import { pruneLogs } from "#core/housekeeping/prune-logs.ts";
import { Refusals } from "#core/housekeeping/refusals.ts";
import { createLog } from "#core/log.ts";
import { taskLogPath } from "#core/task-logs.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { openTryLog } from "#worker/try-log.ts";

const DAY = 86_400_000;
const NOW = Date.now();
const never = new AbortController().signal;

async function createFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-logs-"));
  return {
    folder,
    /** A file that was last written so many days ago. */
    async write(name: string, days: number): Promise<string> {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, "a line\n");
      await age(file, days);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

function age(file: string, days: number): Promise<void> {
  const date = new Date(NOW - days * DAY);
  return utimes(file, date, date);
}

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

async function createRuns() {
  const db = await createTestDatabase();
  await db.database.query(
    `insert into dag (dag_id, fileloc, relative_fileloc, timetable_summary, is_paused, max_active_tasks, max_active_runs)
     values ('a', '', '', '', false, 1, 1)`,
  );
  await db.database.query("insert into dag_code (code_hash, source, bundle) values ('', '', '')");
  await db.database.query(
    `with version as (
       insert into dag_version (id, dag_id, version_number, serialized_hash, serialized, code_hash)
       values (gen_random_uuid(), 'a', 1, '', '{}', '') returning id)
     insert into dag_run (dag_id, run_id, run_type, state, run_after, triggered_by, dag_version_id)
     select 'a', state, 'manual', state, now(), 'test', id from version, unnest(array['running', 'success']) state`,
  );
  return db;
}

test("old logs go, except those of runs that have not ended, and what is no log", async (t) => {
  await using db = await createRuns();
  await using logs = await createFolder();
  const gone = [
    await logs.write("dag_id=a/run_id=success/task_id=t/attempt=1.log", 31),
    await logs.write("dag_id=a/run_id=success/task_id=t/map_index=3/attempt=12.log", 31),
    await logs.write("dag_id=a/run_id=success/callbacks.log", 31),
    await logs.write("dag_id=deleted/run_id=x/task_id=t/attempt=1.log", 400),
  ];
  const kept = [
    await logs.write("dag_id=a/run_id=success/task_id=t/attempt=2.log", 29),
    await logs.write("dag_id=a/run_id=running/task_id=t/attempt=1.log", 400),
    await logs.write("dag_id=a/run_id=success/task_id=t/notes.txt", 400),
    await logs.write("dag_id=a/run_id=success/mine/attempt=1.log", 400),
    await logs.write("my-own/attempt=1.log", 400),
  ];
  t.is(await pruneLogs(db.database, logs.folder, 30, never, NOW), gone.length);
  for (const file of gone) t.false(await isThere(file), file);
  for (const file of kept) t.true(await isThere(file), file);
});

test("symbolic links are neither followed nor deleted", async (t) => {
  await using db = await createRuns();
  await using logs = await createFolder();
  await using elsewhere = await createFolder();
  const precious = [
    await elsewhere.write("attempt=1.log", 400),
    await elsewhere.write("run_id=x/task_id=t/attempt=1.log", 400),
  ];
  await logs.write("dag_id=a/run_id=success/task_id=t/attempt=1.log", 1);
  await symlink(elsewhere.folder, path.join(logs.folder, "dag_id=a/run_id=success/task_id=link"));
  await symlink(elsewhere.folder, path.join(logs.folder, "dag_id=link"));
  await symlink(path.join(elsewhere.folder, "run_id=x"), path.join(logs.folder, "dag_id=a/run_id=link"));
  await symlink(precious[0]!, path.join(logs.folder, "dag_id=a/run_id=success/attempt=1.log"));
  t.is(await pruneLogs(db.database, logs.folder, 0, never, NOW + DAY * 500), 1);
  for (const file of precious) t.true(await isThere(file), file);
  t.true(await isThere(path.join(logs.folder, "dag_id=link")));
});

test("folders go when they have been empty for a day, and a log that is written then makes them anew", async (t) => {
  await using db = await createRuns();
  await using logs = await createFolder();
  const key = { dagId: "a", runId: "success", taskId: "t", mapIndex: -1, tryNumber: 1 };
  const file = taskLogPath(logs.folder, key);
  const log = openTryLog(file, createLog("test", "ERROR"), (text) => text);
  log.write("INFO", "first");
  await log.flush();
  t.is(await pruneLogs(db.database, logs.folder, 1, never, NOW + 2 * DAY), 1);
  t.true(await isThere(path.dirname(file)), "it changed just now");
  for (let step = 0; step < 3; step++) {
    for (const folder of [path.dirname(file), path.dirname(path.dirname(file)), path.join(logs.folder, "dag_id=a")]) {
      if (await isThere(folder)) await age(folder, 2);
    }
    await pruneLogs(db.database, logs.folder, 1, never, NOW);
  }
  t.deepEqual(await readdir(logs.folder), []);
  log.write("INFO", "second");
  await log.flush();
  t.true(await isThere(file));
});

test("a folder that is not there holds nothing", async (t) => {
  await using db = await createTestDatabase();
  t.is(await pruneLogs(db.database, "/nonexistent/logs", 1, never), 0);
});

test("logs that cannot be deleted keep none of the others, and are told of in one line", async (t) => {
  await using db = await createRuns();
  await using logs = await createFolder();
  const files = await Promise.all(
    [1, 2, 3, 4].map((number) => logs.write(`dag_id=a/run_id=success/task_id=t/attempt=${number}.log`, 31)),
  );
  const refused = [files[0]!, files[2]!];
  const effects = {
    unlink: async (file: string) => {
      if (!refused.includes(file)) return unlink(file);
      throw Object.assign(new Error(`EACCES: permission denied, unlink '${file}'`), { code: "EACCES" });
    },
  };
  const refusals = new Refusals();
  t.is(await pruneLogs(db.database, logs.folder, 30, never, NOW, refusals, effects), 2);
  for (const file of files) t.is(await isThere(file), refused.includes(file), file);
  const lines: string[] = [];
  const log = createLog("test", "INFO", (line) => lines.push(line));
  refusals.tell(log, 60);
  t.is(lines.length, 1);
  t.regex(
    lines[0]!,
    /WARNING - 2 files or folders could not be read or deleted, the first: EACCES: .*attempt=\d\.log'/,
  );
});

test("housekeeping passes over folders that it cannot read, and waits until the next time", async (t) => {
  await using db = await createTestDatabase();
  await using home = await createFolder();
  const noFolder = await home.write("logs", 0);
  const config = defaultConfig({ home: home.folder, logging: { base_log_folder: noFolder, retention_days: 1 } });
  const stop = new AbortController();
  const lines: string[] = [];
  const log = createLog("test", "INFO", (line) => {
    lines.push(line);
    stop.abort();
  });
  await housekeeping(config, db.database, log, { database: false }).run(stop.signal);
  t.is(lines.length, 1);
  t.regex(
    lines[0]!,
    /1 files or folders could not be read or deleted, the first: ENOTDIR: .*; trying again in 60 minutes/,
  );
});
