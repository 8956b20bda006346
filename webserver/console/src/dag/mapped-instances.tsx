import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ShownTaskState, TaskStateSummary } from "../../../protocol.ts";
import { QueryView } from "../components/query-view.tsx";
import { formatDuration, secondsBetween } from "../format.ts";
import { mappedInstances, type TaskKey } from "../queries.ts";
import { setQuery } from "../router.tsx";
import { shownState } from "../states.ts";

const PAGE_SIZE = 50;

/** The instances of a mapped task, a page at a time, all or those of one state; a click opens one. */
export function MappedInstances({ task, summary }: { task: TaskKey; summary: TaskStateSummary }) {
  const [page, setPage] = useState(0);
  const [only, setOnly] = useState<ShownTaskState>();
  const show = (state: ShownTaskState) => {
    setOnly(state === only ? undefined : state);
    setPage(0);
  };
  const query = useQuery(mappedInstances(task, { page, pageSize: PAGE_SIZE, state: only }));
  return (
    <>
      <div className="state-counts">
        {(Object.entries(summary.states) as [ShownTaskState, number][]).map(([state, count]) => (
          <button key={state} type="button" aria-pressed={state === only} onClick={() => show(state)}>
            <span className="dot" data-state={state} />
            {count} {state.replaceAll("_", " ")}
          </button>
        ))}
      </div>
      <QueryView query={query}>
        {({ task_instances: instances, total_entries: total }) => (
          <>
            <ol className="instances">
              {instances.map((instance) => (
                <li key={instance.map_index}>
                  <button
                    type="button"
                    data-map-index={instance.map_index}
                    onClick={() => setQuery({ map_index: String(instance.map_index) })}
                  >
                    <span className="dot" data-state={shownState(instance.state)} />
                    <span className="name">{instance.rendered_map_index}</span>
                    <span className="quiet">{shownState(instance.state).replaceAll("_", " ")}</span>
                    <span className="quiet">
                      {formatDuration(secondsBetween(instance.start_date, instance.end_date))}
                    </span>
                  </button>
                </li>
              ))}
            </ol>
            {total > PAGE_SIZE && (
              <div className="pages">
                <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
                  Previous
                </button>
                <span className="quiet">
                  {page * PAGE_SIZE + 1}–{Math.min(total, (page + 1) * PAGE_SIZE)} of {total}
                </span>
                <button type="button" disabled={(page + 1) * PAGE_SIZE >= total} onClick={() => setPage(page + 1)}>
                  Next
                </button>
              </div>
            )}
          </>
        )}
      </QueryView>
    </>
  );
}
