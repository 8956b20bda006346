import type { ReactNode } from "react";
import type { DagDetailsAnswer } from "../../../protocol.ts";
import { formatDuration, formatTime } from "../format.ts";

/** Owners, each with its link if the DAG names one. */
function Owners({ dag }: { dag: DagDetailsAnswer }) {
  return dag.owners.map((owner, index) => {
    const link = dag.owner_links?.[owner];
    return (
      <span key={owner}>
        {index > 0 && ", "}
        {link === undefined ? owner : <a href={link}>{owner}</a>}
      </span>
    );
  });
}

/** What is known of a DAG. */
export function DetailsView({ dag }: { dag: DagDetailsAnswer }) {
  const timeout = dag.dag_run_timeout;
  const rows: readonly (readonly [string, ReactNode])[] = [
    ["DAG id", dag.dag_id],
    ["Description", dag.description],
    ["File", dag.fileloc],
    ["Owners", <Owners key="owners" dag={dag} />],
    ["Tags", dag.tags.map((tag) => tag.name).join(", ")],
    ["Schedule", `${dag.timetable_summary} (${dag.timetable_description})`],
    ["Next run", formatTime(dag.next_dagrun_run_after)],
    ["Start date", formatTime(dag.start_date)],
    ["End date", formatTime(dag.end_date)],
    ["Catch up on missed runs", dag.catchup ? "yes" : "no"],
    ["Runs at once", `${dag.active_runs_count} of at most ${dag.max_active_runs}`],
    ["Tasks of a run at once, at most", dag.max_active_tasks],
    ["Run timeout", timeout && formatDuration(timeout.days * 86_400 + timeout.seconds)],
    ["Version", dag.latest_dag_version?.version_number ?? null],
    ["Version since", formatTime(dag.latest_dag_version?.created_at ?? null)],
    ["Last parsed", formatTime(dag.last_parsed)],
    ["Parsing took", formatDuration(dag.last_parse_duration)],
  ];
  return (
    <>
      <dl className="facts">
        {rows.map(
          ([name, value]) =>
            value !== null &&
            value !== "" && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {dag.doc_md !== null && <pre className="doc">{dag.doc_md}</pre>}
    </>
  );
}
