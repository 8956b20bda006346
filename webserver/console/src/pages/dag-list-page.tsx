import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { DagListAnswer, DagSummary } from "../../../protocol.ts";
import { AssetProgress } from "../components/asset-progress.tsx";
import { DagActions } from "../components/dag-actions.tsx";
import { PauseToggle } from "../components/pause-toggle.tsx";
import { QueryView } from "../components/query-view.tsx";
import { StateCircles } from "../components/state-circles.tsx";
import { formatMinute, formatTime } from "../format.ts";
import { dagList } from "../queries.ts";
import { Link, setQuery, useLocation } from "../router.tsx";
import { RECENT_TASK_STATES, RUN_STATES } from "../states.ts";

const PAGE_SIZE = 25;

/** The list of DAGs, with what happened lately in each. */
export function DagListPage() {
  const { query } = useLocation();
  const search = query.get("search") ?? "";
  const hidePaused = query.get("showPaused") === "False";
  const page = Math.max(0, Number(query.get("page")) || 0);
  const list = useQuery(dagList({ search, hidePaused, page, pageSize: PAGE_SIZE }));
  return (
    <>
      <div className="list-head">
        <h1>DAGs</h1>
        {list.data !== undefined && <Counts list={list.data} />}
        <label className="check">
          <input
            type="checkbox"
            checked={hidePaused}
            onChange={() => setQuery({ showPaused: hidePaused ? null : "False", page: null })}
          />
          Hide paused
        </label>
        <search>
          <SearchBox key={search} search={search} />
        </search>
      </div>
      <QueryView query={list}>
        {(data) => (
          <>
            {data.dags.length === 0 ? <NoDags list={data} search={search} /> : <DagTable list={data} />}
            <Pager page={page} shown={data.dags.length} total={data.total_entries} />
          </>
        )}
      </QueryView>
    </>
  );
}

function Counts({ list: { active, paused } }: { list: DagListAnswer }) {
  return (
    <span className="counts">
      <b>{active}</b> on, <b>{paused}</b> off
    </span>
  );
}

function SearchBox({ search }: { search: string }) {
  const [text, setText] = useState(search);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ search: text.trim() || null, page: null });
      }}
    >
      <input
        type="search"
        id="dag_query"
        aria-label="Search DAGs"
        placeholder="Search DAGs"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          // The box's own button for clearing it.
          if (event.target.value === "" && search !== "") setQuery({ search: null, page: null });
        }}
      />
    </form>
  );
}

function NoDags({ list, search }: { list: DagListAnswer; search: string }) {
  if (search !== "") return <p className="empty">No DAG has “{search}” in its name.</p>;
  if (list.paused > 0) return <p className="empty">All DAGs are off.</p>;
  return (
    <p className="empty">
      There are no DAGs yet. Put a DAG file into the DAGs folder; the scheduler will find it, and it will show up here.
    </p>
  );
}

function DagTable({ list: { dags, default_view } }: { list: DagListAnswer }) {
  return (
    <div className="table-frame">
      <table className="dags">
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden">On or off</span>
            </th>
            <th scope="col">DAG</th>
            <th scope="col">Schedule</th>
            <th scope="col">Owner</th>
            <th scope="col" title="Tasks of all unfinished runs or, when there is none, of the latest run">
              Recent Tasks
            </th>
            <th scope="col">Last Run</th>
            <th scope="col">DAG Runs</th>
            <th scope="col">Links</th>
          </tr>
        </thead>
        <tbody>
          {dags.map((dag) => (
            <DagRow key={dag.dag_id} dag={dag} defaultView={default_view} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DagRow({ dag, defaultView }: { dag: DagSummary; defaultView: DagListAnswer["default_view"] }) {
  const page = `/dags/${encodeURIComponent(dag.dag_id)}`;
  return (
    <tr data-dag-id={dag.dag_id}>
      <td>
        <PauseToggle dagId={dag.dag_id} isPaused={dag.is_paused} />
      </td>
      <td className="dag-name">
        <Link href={defaultView === "graph" ? page : `${page}/${defaultView}`} title={dag.description ?? undefined}>
          {dag.dag_display_name}
        </Link>
        {dag.tags.map((tag) => (
          <span key={tag} className="tag">
            {tag}
          </span>
        ))}
        {dag.has_import_errors && (
          <span className="tag broken" title="The file could not be loaded; this is how it was before">
            broken file
          </span>
        )}
        {dag.description !== null && <div className="description">{dag.description}</div>}
      </td>
      <td>
        <span
          className={`schedule ${(dag.runs.running ?? 0) >= dag.max_active_runs ? "blocked" : ""}`}
          title={
            dag.next_dagrun_run_after === null
              ? "No run is planned"
              : `Next run ${formatTime(dag.next_dagrun_run_after)} UTC`
          }
        >
          {dag.timetable_summary}
        </span>
        {dag.assets !== null && (
          <div>
            <AssetProgress dagId={dag.dag_id} {...dag.assets} />
          </div>
        )}
      </td>
      <td>{dag.owners.join(", ")}</td>
      <td>
        <StateCircles states={RECENT_TASK_STATES} counts={dag.recent_tasks} what="recent tasks" />
      </td>
      <td className="last-run">
        {dag.last_run !== null && (
          <Link
            href={`${page}?run_id=${encodeURIComponent(dag.last_run.dag_run_id)}`}
            title={`${dag.last_run.dag_run_id}, ${dag.last_run.state}`}
          >
            <span className="dot" data-state={dag.last_run.state} />
            {formatMinute(dag.last_run.logical_date ?? dag.last_run.run_after)}
            <span className="hidden"> {dag.last_run.state}</span>
          </Link>
        )}
      </td>
      <td>
        <StateCircles states={RUN_STATES} counts={dag.runs} what="runs" />
      </td>
      <td>
        <DagActions dagId={dag.dag_id} isPaused={dag.is_paused} />
      </td>
    </tr>
  );
}

function Pager({ page, shown, total }: { page: number; shown: number; total: number }) {
  const first = page * PAGE_SIZE;
  const go = (to: number) => setQuery({ page: to === 0 ? null : String(to) });
  return (
    <div className="pager">
      <span>{total > 0 && `Showing ${first + 1} to ${first + shown} of ${total} entries`}</span>
      {total > PAGE_SIZE && (
        <span>
          <button type="button" className="button" disabled={page === 0} onClick={() => go(page - 1)}>
            Previous
          </button>
          <button type="button" className="button" disabled={first + shown >= total} onClick={() => go(page + 1)}>
            Next
          </button>
        </span>
      )}
    </div>
  );
}
