import type { AirflowConfig } from "../config/options.ts";
import { codeCacheDir } from "../dag-code/materialize.ts";
import type { Database } from "../database/connect.ts";
import { forgetUnneeded } from "../database/forget.ts";
import { type Duty, pauseFor } from "../duty.ts";
import type { Log } from "../log.ts";
import { pruneCodeCache } from "./prune-code-cache.ts";
import { pruneLogs } from "./prune-logs.ts";

const EVERY_MS = 60 * 60 * 1_000;

/**
 * What every process with files of its own does once an hour, so that nothing grows for ever: it deletes code that no
 * version of a DAG has any more from its disk, and logs that are older than `[logging] retention_days`.
 * @param options.database whether rows are forgotten too, which is the same for whoever does it
 */
export function housekeeping(
  config: AirflowConfig,
  db: Database,
  log: Log,
  options: { readonly database: boolean },
): Duty {
  return {
    name: "Housekeeping",
    async run(signal) {
      while (!signal.aborted) {
        if (options.database) await forget(db, log);
        await clean(config, db, log, signal);
        await pauseFor(EVERY_MS, signal);
      }
    },
  };
}

async function forget(db: Database, log: Log): Promise<void> {
  const { dagVersions, dagCodes, jobs } = await forgetUnneeded(db);
  if (dagVersions + dagCodes + jobs === 0) return;
  log.info(`Forgot ${dagVersions} versions of DAGs without runs, ${dagCodes} codes, ${jobs} ended processes`);
}

async function clean({ home, logging }: AirflowConfig, db: Database, log: Log, signal: AbortSignal): Promise<void> {
  const codes = await pruneCodeCache(db, codeCacheDir(home));
  if (codes > 0) log.info(`Deleted ${codes} files of code that no version of a DAG has any more`);
  if (logging.retention_days === 0) return;
  const logs = await pruneLogs(db, logging.base_log_folder, logging.retention_days, signal);
  if (logs > 0) log.info(`Deleted ${logs} logs that were older than ${logging.retention_days} days`);
}
