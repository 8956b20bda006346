import { setTimeout as sleep } from "node:timers/promises";
import { findLatestHeartbeat, isAlive } from "#core/database/console-lists.ts";
import { listKnownFiles } from "#core/database/dags.ts";
import { isParsingFinished, requestParsing } from "#core/database/parsing-requests.ts";
import { defineCommand } from "../../command.ts";
import { withDatabase } from "../../services.ts";

/** Any name that no file has: the scheduler looks for files that it does not know. */
const WHOLE_FOLDER = "";
const LOOK_EVERY_MS = 100;

export const command = defineCommand({
  summary: "Have the scheduler load all DAG files again, and wait until it has",
  refused: { "bundle-name": { short: "-B", reason: "there is one DAGs folder" } },
  async run({ console }) {
    return withDatabase(async (db, config) => {
      const heartbeat = await findLatestHeartbeat(db, "SchedulerJob");
      const { scheduler_health_check_threshold: threshold } = config.scheduler;
      if (!isAlive(heartbeat, threshold)) {
        console.note(
          "No scheduler is running, and only a scheduler loads DAG files: start one with `airflow scheduler`.",
        );
        return 1;
      }
      const files = await listKnownFiles(db);
      const ids = await Promise.all([...files, WHOLE_FOLDER].map((file) => requestParsing(db, file)));
      for (const id of ids) while (!(await isParsingFinished(db, id))) await sleep(LOOK_EVERY_MS);
      console.print(`Files loaded again: ${files.length}`);
      return 0;
    });
  },
});
