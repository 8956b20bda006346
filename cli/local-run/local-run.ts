import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig, withConfig } from "#core/config/load.ts";
import type { AirflowConfig } from "#core/config/options.ts";
import { connect, type Database } from "#core/database/connect.ts";
import { findDagRow } from "#core/database/console-dags.ts";
import { findRunRow, type RunRow } from "#core/database/console-runs.ts";
import { copySettings } from "#core/database/copy-rows.ts";
import { setDagPaused } from "#core/database/dags.ts";
import { hasLocalRunEnded, listQueues } from "#core/database/local-runs.ts";
import { pauseFor } from "#core/duty.ts";
import { createLog, type Log } from "#core/log.ts";
import { dagDefaultsOf } from "#scheduler/dag-files/configured-defaults.ts";
import { storeParsedFile } from "#scheduler/dag-files/store-parsed-file.ts";
import { runScheduler } from "#scheduler/scheduler.ts";
import { createScratchDatabase } from "#setup/scratch-database.ts";
import { runTriggerer } from "#triggerer/triggerer.ts";
import { runWorker } from "#worker/worker.ts";
import { openServices } from "../services.ts";
import { findDag } from "./find-dag.ts";
import { followLogs } from "./follow-logs.ts";

export interface LocalRun {
  readonly dagId: string;
  /** Where the tasks' logs go. */
  write(text: string): void;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /**
   * Creates the run, and says what it is called; undefined when nothing is to run.
   * @param scratch where the DAG's file has been stored, and the run belongs
   * @param database the metadata database, which a local run only reads
   */
  prepare(scratch: Database, database: Database, config: AirflowConfig): Promise<string | undefined>;
  /** Looks at the run when it has ended. */
  inspect(scratch: Database, run: RunRow): Promise<void>;
}

const LOOK_EVERY_MS = 50;

/**
 * Runs a run of a DAG, as its file is now, to its end in this process: with a scheduler, a worker and a triggerer of
 * its own, one task at a time, on a database that is made for it and dropped afterwards. The metadata database stays
 * as it is; variables, connections and pools are copied from it.
 * @returns whether a run came to its end; false when the signal ended it, or nothing was to run
 */
export async function runLocally(local: LocalRun): Promise<boolean> {
  const services = await openServices(await loadConfig(), { queue: false });
  const log = createLog("local", "WARNING");
  const logs = await mkdtemp(path.join(tmpdir(), "daisy-local-run-"));
  try {
    await using scratch = await createScratchDatabase(services.config.database.sql_alchemy_conn);
    // Without a broker of its own the database is the queue, which nobody else listens to either.
    const config = withConfig(services.config, {
      database: { sql_alchemy_conn: scratch.url },
      celery: { broker_url: "" },
      logging: { base_log_folder: logs },
    });
    const db = connect(scratch.url, { maxConnections: 3, applicationName: "daisy-local-run" });
    try {
      const runId = await store(local, services.config, db, log);
      if (runId === undefined) return false;
      await runToEnd(local, runId, config, db, log);
      if (local.signal.aborted) return false;
      await local.inspect(db, (await findRunRow(db, local.dagId, runId))!);
      return true;
    } finally {
      await db.end();
    }
  } finally {
    await rm(logs, { recursive: true, force: true });
    await services.release();
  }
}

async function store(local: LocalRun, config: AirflowConfig, scratch: Database, log: Log): Promise<string | undefined> {
  const database = connect(config.database.sql_alchemy_conn, { maxConnections: 2, applicationName: "daisy-local-run" });
  try {
    const known = await findDagRow(database, local.dagId);
    const { place, answer } = await findDag(config, local.dagId, known?.relative_fileloc, log);
    await copySettings(database, scratch);
    await storeParsedFile(scratch, place, answer, dagDefaultsOf(config), { seconds: 0 });
    await setDagPaused(scratch, local.dagId, false);
    return await local.prepare(scratch, database, config);
  } finally {
    await database.end();
  }
}

async function runToEnd(
  { dagId, write, signal }: LocalRun,
  runId: string,
  config: AirflowConfig,
  db: Database,
  log: Log,
): Promise<void> {
  const [ended, followed] = [new AbortController(), new AbortController()];
  const stop = AbortSignal.any([signal, ended.signal]);
  const common = { config, log, signal: stop };
  const queues = await listQueues(db);
  const following = followLogs(config.logging.base_log_folder, write, followed.signal);
  const working = Promise.all([
    runScheduler({ ...common, runsOnly: true }),
    runWorker({ ...common, concurrency: 1, drainSeconds: 0, queues: [config.celery.default_queue, ...queues] }),
    runTriggerer(common),
  ]);
  try {
    // What cannot start ends the wait too.
    await Promise.race([working, untilEnded(db, dagId, runId, stop)]);
  } finally {
    ended.abort();
    await working.finally(() => followed.abort());
    await following;
  }
}

async function untilEnded(db: Database, dagId: string, runId: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await hasLocalRunEnded(db, dagId, runId))) await pauseFor(LOOK_EVERY_MS, signal);
}
