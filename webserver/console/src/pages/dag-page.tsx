import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { AssetProgress } from "../components/asset-progress.tsx";
import { BackfillBanner } from "../components/backfill-banner.tsx";
import { BackfillButton } from "../components/backfill-button.tsx";
import { DagActions } from "../components/dag-actions.tsx";
import { DagWarnings } from "../components/dag-warnings.tsx";
import { PauseToggle } from "../components/pause-toggle.tsx";
import { QueryView } from "../components/query-view.tsx";
import { CodeView } from "../dag/code-view.tsx";
import { DetailsView } from "../dag/details-view.tsx";
import { GridView } from "../dag/grid-view.tsx";
import { TaskPanel } from "../dag/task-panel.tsx";
import { dagDetails, nextRunAssets } from "../queries.ts";
import { Link, setQuery, useLocation } from "../router.tsx";

// The graph's libraries are half of the console; the list of DAGs does not wait for them.
const GraphView = lazy(() => import("../dag/graph-view.tsx"));

export const DAG_VIEWS = ["graph", "grid", "code", "details"] as const;
export type DagView = (typeof DAG_VIEWS)[number];

const LABELS: Record<DagView, string> = { graph: "Graph", grid: "Grid", code: "Code", details: "Details" };

/** One DAG: its header, one of its views, and beside it the task instance that was chosen. */
export function DagPage({ dagId, view }: { dagId: string; view: DagView }) {
  const { query } = useLocation();
  const details = useQuery(dagDetails(dagId));
  const [runId, taskId] = [query.get("run_id"), query.get("task_id")];
  const mapIndex = Number(query.get("map_index") ?? -1);
  return (
    <QueryView query={details}>
      {(dag) => (
        <div className="dag-page">
          <div className="dag-head">
            <PauseToggle dagId={dagId} isPaused={dag.is_paused} id="pause_resume" />
            <h1>
              <span className="quiet">DAG:</span> {dag.dag_display_name}
            </h1>
            {dag.description !== null && <span className="description">{dag.description}</span>}
            {dag.is_stale && <span className="tag broken">No file holds this DAG any more</span>}
            <span className="spring" />
            <span className="schedule" title={dag.timetable_description}>
              schedule: {dag.timetable_summary}
            </span>
            {dag.asset_expression !== null && <AwaitedAssets dagId={dagId} />}
            {dag.timetable_summary !== "None" && <BackfillButton dagId={dagId} isPaused={dag.is_paused} />}
            <DagActions dagId={dagId} isPaused={dag.is_paused} withText />
          </div>
          <DagWarnings dagId={dagId} />
          <BackfillBanner dagId={dagId} />
          <nav className="tabs" aria-label="Views of the DAG">
            {DAG_VIEWS.map((name) => (
              <Link key={name} href={viewPath(dagId, name, runId)} aria-current={name === view ? "page" : undefined}>
                {LABELS[name]}
              </Link>
            ))}
          </nav>
          <div className="dag-body">
            <div className="dag-view">
              {view === "graph" && (
                <Suspense fallback={<p className="empty loading">Loading…</p>}>
                  <GraphView dagId={dagId} />
                </Suspense>
              )}
              {view === "grid" && <GridView dagId={dagId} />}
              {view === "code" && <CodeView dagId={dagId} />}
              {view === "details" && <DetailsView dag={dag} />}
            </div>
            {runId !== null && taskId !== null && (view === "graph" || view === "grid") && (
              <TaskPanel
                key={`${runId} ${taskId} ${mapIndex}`}
                task={{ dagId, runId, taskId, mapIndex }}
                onClose={() => setQuery({ task_id: null, map_index: null })}
              />
            )}
          </div>
        </div>
      )}
    </QueryView>
  );
}

/** What the DAG waits for, and what of it is there. */
function AwaitedAssets({ dagId }: { dagId: string }) {
  const { data } = useQuery(nextRunAssets(dagId));
  if (data === undefined) return null;
  const ready = data.events.filter(({ last_update }) => last_update !== null);
  return <AssetProgress dagId={dagId} ready={ready.length} total={data.events.length} />;
}

function viewPath(dagId: string, view: DagView, runId: string | null): string {
  const path = `/dags/${encodeURIComponent(dagId)}${view === "graph" ? "" : `/${view}`}`;
  return runId === null ? path : `${path}?run_id=${encodeURIComponent(runId)}`;
}
