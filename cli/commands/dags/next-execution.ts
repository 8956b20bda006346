import type { Queryable } from "#core/database/connect.ts";
import type { DagRow } from "#core/database/console-dags.ts";
import { isoDate } from "#core/run-id.ts";
import { readTimetable } from "#core/timetable/read-timetable.ts";
import type { DataInterval } from "#core/timetable/timetable.ts";
import { defineCommand } from "../../command.ts";
import { requireCurrentVersion, requireDag } from "../../dag-queries.ts";
import { NO_SUBDIR } from "../../subdir.ts";
import { withDags } from "../../unread-files.ts";

export const command = defineCommand({
  summary: "Get the next logical dates of a DAG",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: { num_executions: { short: "-n", type: "number", help: "The number of next dates (1)" } },
  refused: NO_SUBDIR,
  async run({ console, args, flags }) {
    await withDags(console, async (db) => {
      const dag = await requireDag(db, args.dag_id);
      if (dag.is_paused) console.note("[INFO] Please be reminded this DAG is PAUSED now.");
      for (const interval of await nextIntervals(db, dag, Math.max(1, flags.num_executions ?? 1))) {
        if (interval === null) {
          console.note(
            "[WARN] No following schedule can be found. This DAG may have schedule interval '@once' or `None`.",
          );
        }
        console.print(interval === null ? "None" : isoDate(interval.start));
      }
    });
  },
});

/** The data interval of the next run, and those that follow it; null from where there is none. */
async function nextIntervals(db: Queryable, dag: DagRow, count: number): Promise<(DataInterval | null)[]> {
  const { next_dagrun_data_interval_start: start, next_dagrun_data_interval_end: end } = dag;
  const intervals: (DataInterval | null)[] = [start === null || end === null ? null : { start, end }];
  const { serialized } = await requireCurrentVersion(db, dag.dag_id);
  const timetable = readTimetable(serialized.dag.timetable);
  const unrestricted = { earliest: null, latest: null, catchup: true };
  while (intervals.length < count) {
    const last = intervals.at(-1)!;
    const next = last && timetable.nextRun(last, unrestricted, new Date());
    intervals.push(next?.dataInterval ?? null);
  }
  return intervals;
}
