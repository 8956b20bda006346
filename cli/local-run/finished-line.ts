import type { RunRow } from "#core/database/console-runs.ts";
import { isoDate } from "#core/run-id.ts";

/** What became of a run, in the words of Airflow's log. */
export function finishedLine(run: RunRow): string {
  const { start_date: start, end_date: end } = run;
  const facts = {
    dag_id: run.dag_id,
    logical_date: textOf(run.logical_date),
    run_id: run.run_id,
    run_start_date: textOf(start),
    run_end_date: textOf(end),
    run_duration: start === null || end === null ? "None" : (end.getTime() - start.getTime()) / 1_000,
    state: run.state,
    run_type: run.run_type,
  };
  const texts = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
  return `DagRun Finished: ${texts.join(", ")}`;
}

const textOf = (date: Date | null) => (date === null ? "None" : isoDate(date));
