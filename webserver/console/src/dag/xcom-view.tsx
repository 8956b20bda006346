import { useQuery } from "@tanstack/react-query";
import type { XComAnswer } from "../../../protocol.ts";
import { QueryView } from "../components/query-view.tsx";
import { type TaskKey, xcoms, xcomValue } from "../queries.ts";

/** What a task instance left for others. */
export function XComView({ task }: { task: TaskKey }) {
  return (
    <QueryView query={useQuery(xcoms(task))}>
      {({ xcom_entries: entries }) =>
        entries.length === 0 ? (
          <p className="empty">The task left nothing for others.</p>
        ) : (
          <dl className="xcoms">
            {entries.map((entry) => (
              <div key={entry.key}>
                <dt>{entry.key}</dt>
                <dd>
                  <Value task={task} entry={entry} />
                </dd>
              </div>
            ))}
          </dl>
        )
      }
    </QueryView>
  );
}

function Value({ task, entry }: { task: TaskKey; entry: XComAnswer }) {
  return (
    <QueryView query={useQuery(xcomValue(task, entry.key, entry.timestamp))}>
      {({ value }) => <pre>{JSON.stringify(value, null, 2)}</pre>}
    </QueryView>
  );
}
