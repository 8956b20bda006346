import type { AirflowConfig } from "../config/options.ts";
import { codeCacheDir } from "../dag-code/materialize.ts";
import type { Database } from "../database/connect.ts";
import { forgetUnneeded } from "../database/forget.ts";
import { type Duty, pauseFor } from "../duty.ts";
import type { Log } from "../log.ts";
import { pruneCodeCache } from "./prune-code-cache.ts";
import { pruneLogs } from "./prune-logs.ts";
import { Refusals } from "./refusals.ts";

const EVERY_MINUTES = 60;

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
        await pauseFor(EVERY_MINUTES * 60_000, signal);
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
  const { base_log_folder: folder, retention_days: days } = logging;
  const refusals = new Refusals();
  const now = Date.now();
  const codes = await pruneCodeCache(db, codeCacheDir(home), now, refusals);
  if (codes > 0) log.info(`Deleted ${codes} files of code that no version of a DAG has any more`);
  const logs = days === 0 ? 0 : await pruneLogs(db, folder, days, signal, now, refusals);
  if (logs > 0) log.info(`Deleted ${logs} logs that were older than ${days} days`);
  refusals.tell(log, EVERY_MINUTES);
}
