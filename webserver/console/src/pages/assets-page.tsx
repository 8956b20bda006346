import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { AssetAnswer, AssetEventAnswer } from "../../../protocol.ts";
import { QueryView } from "../components/query-view.tsx";
import { useFlash } from "../flash.tsx";
import { formatTime } from "../format.ts";
import { sendJson } from "../http.ts";
import { assetEvents, assets } from "../queries.ts";
import { Link, setQuery, useLocation } from "../router.tsx";

/** The assets, who brings them up to date and who waits for them, and the events of the chosen one. */
export function AssetsPage() {
  const { query } = useLocation();
  const dagId = query.get("dag_id");
  const chosen = Number(query.get("asset") ?? Number.NaN);
  const list = useQuery(assets(dagId));
  return (
    <>
      <div className="list-head">
        <h1>Assets</h1>
        {dagId !== null && (
          <span className="counts">
            of <b>{dagId}</b> <Link href="/assets">show all</Link>
          </span>
        )}
      </div>
      <QueryView query={list}>
        {({ assets: found }) => (
          <>
            {found.length === 0 ? <p className="empty">No DAG names an asset.</p> : <AssetTable assets={found} />}
            {found.some(({ id }) => id === chosen) && <Events asset={found.find(({ id }) => id === chosen)!} />}
          </>
        )}
      </QueryView>
    </>
  );
}

function AssetTable({ assets: list }: { assets: readonly AssetAnswer[] }) {
  return (
    <div className="table-frame">
      <table className="dags">
        <thead>
          <tr>
            <th scope="col">Asset</th>
            <th scope="col">Group</th>
            <th scope="col">Brought up to date by</th>
            <th scope="col">DAGs that wait for it</th>
            <th scope="col">Last Event</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {list.map((asset) => (
            <tr key={asset.id} data-asset={asset.name}>
              <td className="dag-name">
                <button type="button" className="link" onClick={() => setQuery({ asset: String(asset.id) })}>
                  {asset.name}
                </button>
                {asset.aliases.map(({ name }) => (
                  <span key={name} className="tag" title="Alias">
                    {name}
                  </span>
                ))}
                {asset.uri !== asset.name && <div className="description">{asset.uri}</div>}
              </td>
              <td>{asset.group}</td>
              <td>
                <Names
                  links={asset.producing_tasks.map(({ dag_id, task_id }) => [dag_id, `${dag_id}.${task_id}`] as const)}
                />
              </td>
              <td>
                <Names links={asset.scheduled_dags.map(({ dag_id }) => [dag_id, dag_id] as const)} />
              </td>
              <td>{formatTime(asset.last_asset_event.timestamp)}</td>
              <td>
                <Materialize asset={asset} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Names({ links }: { links: readonly (readonly [dagId: string, label: string])[] }) {
  return (
    <>
      {links.map(([dagId, label]) => (
        <div key={label}>
          <Link href={`/dags/${encodeURIComponent(dagId)}`}>{label}</Link>
        </div>
      ))}
    </>
  );
}

/** Starts the DAG that brings the asset up to date. */
function Materialize({ asset }: { asset: AssetAnswer }) {
  const flash = useFlash();
  const client = useQueryClient();
  const start = useMutation({
    mutationFn: () => sendJson<{ dag_id: string }>("POST", `/api/v2/assets/${asset.id}/materialize`, {}),
    onSuccess: ({ dag_id }) => flash({ category: "success", message: `Started ${dag_id} to update ${asset.name}.` }),
    onError: (error) => flash({ category: "error", message: error.message }),
    onSettled: () => client.invalidateQueries(),
  });
  if (asset.producing_tasks.length === 0) return null;
  return (
    <button type="button" className="button" disabled={start.isPending} onClick={() => start.mutate()}>
      Materialize
    </button>
  );
}

function Events({ asset }: { asset: AssetAnswer }) {
  const events = useQuery(assetEvents(asset.id));
  return (
    <section aria-labelledby="asset-events">
      <h2 id="asset-events">Events of {asset.name}</h2>
      <QueryView query={events}>
        {({ asset_events: list }) =>
          list.length === 0 ? (
            <p className="empty">It has never had an event.</p>
          ) : (
            <div className="table-frame">
              <table className="dags">
                <thead>
                  <tr>
                    <th scope="col">Time</th>
                    <th scope="col">Source</th>
                    <th scope="col">Extra</th>
                    <th scope="col">Runs created</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((event) => (
                    <tr key={event.id}>
                      <td>{formatTime(event.timestamp)}</td>
                      <td>
                        <Source event={event} />
                      </td>
                      <td>
                        <code>{JSON.stringify(event.extra)}</code>
                      </td>
                      <td>
                        {event.created_dagruns.map(({ dag_id, run_id }) => (
                          <RunLink key={`${dag_id} ${run_id}`} dagId={dag_id} runId={run_id} label={dag_id} />
                        ))}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </QueryView>
    </section>
  );
}

function Source({ event }: { event: AssetEventAnswer }) {
  const { source_dag_id: dagId, source_run_id: runId, source_task_id: taskId } = event;
  if (dagId === null || runId === null) return <>from outside</>;
  return <RunLink dagId={dagId} runId={runId} label={`${dagId}.${taskId}`} />;
}

function RunLink({ dagId, runId, label }: { dagId: string; runId: string; label: string }) {
  return (
    <div>
      <Link href={`/dags/${encodeURIComponent(dagId)}?run_id=${encodeURIComponent(runId)}`} title={runId}>
        {label}
      </Link>
    </div>
  );
}
