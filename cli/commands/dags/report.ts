import { findCurrentVersion } from "#core/database/console-dags.ts";
import { defineCommand } from "../../command.ts";
import { allDags } from "../../dag-queries.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withDatabase } from "../../services.ts";
import { NO_SUBDIR } from "../../subdir.ts";
import { noteUnreadFiles } from "../../unread-files.ts";

interface FileReport {
  readonly file: string;
  /** Seconds. */
  duration: number;
  dag_num: number;
  task_num: number;
  readonly dags: string[];
}

export const command = defineCommand({
  summary: "Show how long each DAG file took to load, and what it holds",
  flags: { output: OUTPUT_FLAG },
  refused: NO_SUBDIR,
  async run({ console, flags }) {
    await withDatabase(async (db, config) => {
      const files = new Map<string, FileReport>();
      for (const dag of await allDags(db)) {
        const { relative_fileloc: file } = dag;
        const report = files.get(file) ?? { file, duration: 0, dag_num: 0, task_num: 0, dags: [] };
        files.set(file, report);
        const version = await findCurrentVersion(db, dag.dag_id);
        // The DAGs of a file are loaded together.
        report.duration = Math.max(report.duration, dag.last_parse_duration ?? 0);
        report.dag_num += 1;
        report.task_num += version?.serialized.dag.tasks.length ?? 0;
        report.dags.push(dag.dag_id);
      }
      // The slowest first.
      const reports = [...files.values()].sort((a, b) => b.duration - a.duration);
      printRows(
        console,
        reports.map((report) => ({ ...report, duration: `${report.duration}s` })),
        flags.output,
      );
      await noteUnreadFiles(db, config, console);
    });
  },
});
