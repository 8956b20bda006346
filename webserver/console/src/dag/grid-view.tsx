import { useQuery } from "@tanstack/react-query";
import type { GridAnswer } from "../../../protocol.ts";
import { QueryView } from "../components/query-view.tsx";
import { formatDuration, formatMinute, secondsBetween } from "../format.ts";
import { grid } from "../queries.ts";
import { Link, setQuery, useLocation } from "../router.tsx";
import { shownState } from "../states.ts";

/** Pixels of the longest run's bar. */
const BAR_HEIGHT = 56;
const LEAST_BAR = 4;

/** The latest runs, oldest at the left, by the DAG's tasks. */
export function GridView({ dagId }: { dagId: string }) {
  return (
    <QueryView query={useQuery(grid(dagId))}>
      {(data) =>
        data.runs.length === 0 ? <p className="empty">This DAG has not run yet.</p> : <Grid dagId={dagId} data={data} />
      }
    </QueryView>
  );
}

function Grid({ dagId, data }: { dagId: string; data: GridAnswer }) {
  const { query } = useLocation();
  const runs = data.runs.toReversed();
  const seconds = runs.map((run) => secondsBetween(run.start_date, run.end_date) ?? 0);
  const longest = Math.max(...seconds, 0.001);
  const isChosen = (runId: string, taskId: string) => query.get("run_id") === runId && query.get("task_id") === taskId;
  return (
    <div className="grid-frame">
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">
              <span className="quiet">Longest {formatDuration(Math.max(...seconds))}</span>
            </th>
            {runs.map((run, index) => (
              <th key={run.dag_run_id} scope="col">
                <Link
                  href={`/dags/${encodeURIComponent(dagId)}?run_id=${encodeURIComponent(run.dag_run_id)}`}
                  className="run-bar"
                  title={`${run.dag_run_id}\n${run.state}, ${formatDuration(seconds[index])}`}
                >
                  <span
                    data-state={run.state}
                    style={{ height: `${Math.max(LEAST_BAR, (seconds[index]! / longest) * BAR_HEIGHT)}px` }}
                  />
                  <span className="hidden">
                    Run of {formatMinute(run.logical_date ?? run.run_after)}, {run.state}
                  </span>
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.task_ids.map((taskId) => (
            <tr key={taskId}>
              <th scope="row">{taskId}</th>
              {runs.map((run) => (
                <td key={run.dag_run_id}>
                  {Object.hasOwn(run.states, taskId) && (
                    <button
                      type="button"
                      className="cell"
                      data-task-id={taskId}
                      data-state={shownState(run.states[taskId])}
                      aria-pressed={isChosen(run.dag_run_id, taskId)}
                      aria-label={`${taskId} of ${run.dag_run_id}: ${shownState(run.states[taskId])}`}
                      title={`${taskId}\n${run.dag_run_id}\n${shownState(run.states[taskId])}`}
                      onClick={() => setQuery({ run_id: run.dag_run_id, task_id: taskId, map_index: null })}
                    />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
