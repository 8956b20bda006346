import { useQuery } from "@tanstack/react-query";
import { formatAgo } from "../format.ts";
import { useConnected } from "../live.tsx";
import { health, importErrors } from "../queries.ts";

/** What is wrong with the installation, on every page. */
export function Banners() {
  return (
    <>
      <ConnectionBanner />
      <SchedulerBanner />
      <ImportErrorBanners />
    </>
  );
}

function ConnectionBanner() {
  if (useConnected()) return null;
  return (
    <div className="banner error" role="alert">
      The web server does not answer; what is shown may be old. Trying again.
    </div>
  );
}

function SchedulerBanner() {
  const { data } = useQuery(health);
  if (data === undefined || data.scheduler.status === "healthy") return null;
  if (data.metadatabase.status !== "healthy") {
    return (
      <div className="banner error" role="alert">
        The web server cannot reach the database.
      </div>
    );
  }
  const last = data.scheduler.latest_scheduler_heartbeat;
  return (
    <div className="banner warning" id="scheduler-down" role="alert">
      The scheduler does not appear to be running.
      {last !== null && ` Last heartbeat was received ${formatAgo(last)}.`} The DAGs list may not update, and new tasks
      will not be scheduled.
    </div>
  );
}

function ImportErrorBanners() {
  const { data } = useQuery(importErrors);
  return (
    <>
      {data?.import_errors.map((error) => (
        <div key={error.import_error_id} className="banner error import-error" role="alert">
          <details>
            <summary>
              Broken DAG: [{error.filename}] {firstLine(error.stack_trace)}
            </summary>
            <pre>{error.stack_trace}</pre>
          </details>
        </div>
      ))}
    </>
  );
}

function firstLine(text: string): string {
  return text.trimStart().split("\n", 1)[0]!;
}
