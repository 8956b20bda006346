import { keepPreviousData, QueryClient, queryOptions } from "@tanstack/react-query";
import type {
  AssetAnswer,
  AssetEventAnswer,
  BackfillDryRunAnswer,
  BackfillProgress,
  DagDetailsAnswer,
  DagListAnswer,
  DagRunAnswer,
  DagWarningAnswer,
  GridAnswer,
  HealthAnswer,
  HitlDetailAnswer,
  ImportErrorAnswer,
  NextRunAssetsAnswer,
  Page,
  RunStatesAnswer,
  ShownTaskState,
  StructureAnswer,
  TaskInstanceAnswer,
  TaskInstanceTryAnswer,
  VersionAnswer,
  XComAnswer,
  XComValueAnswer,
} from "../../protocol.ts";
import { getJson, HttpError, sendJson } from "./http.ts";

/** How often things are read that nobody tells us of, in milliseconds. */
const HEALTH_MS = 10_000;
/** A missed event is made up for after this long, in milliseconds. */
const SWEEP_MS = 60_000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchInterval: SWEEP_MS,
        // What does not exist will not exist a second later either.
        retry: (failures, error) => failures < 2 && !(error instanceof HttpError && error.status < 500),
      },
    },
  });
}

const part = encodeURIComponent;
export const dagPath = (dagId: string) => `/api/v2/dags/${part(dagId)}`;
export const runPath = (dagId: string, runId: string) => `${dagPath(dagId)}/dagRuns/${part(runId)}`;

/** Runs that are being deleted: nothing is read of them any more. */
const leaving = new Set<string>();
const runKey = (dagId: string, runId: string | undefined) => `${dagId} ${runId}`;

/** Reads no more of a run while it is deleted, and of one that was. */
export async function leaveRun(dagId: string, runId: string, remove: () => Promise<void>): Promise<void> {
  leaving.add(runKey(dagId, runId));
  try {
    await remove();
  } catch (error) {
    leaving.delete(runKey(dagId, runId));
    throw error;
  }
}

/** Names a task instance. */
export interface TaskKey {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
}

export function taskPath({ dagId, runId, taskId }: TaskKey): string {
  return `${runPath(dagId, runId)}/taskInstances/${part(taskId)}`;
}

export interface DagListQuery {
  readonly search: string;
  readonly hidePaused: boolean;
  readonly page: number;
  readonly pageSize: number;
}

// Keys begin with what a change is about: "lists", ["dag", id], or "fixed" for what only a new parse changes.

export const dagList = ({ search, hidePaused, page, pageSize }: DagListQuery) =>
  queryOptions({
    queryKey: ["lists", "dags", { search, hidePaused, page, pageSize }],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ limit: `${pageSize}`, offset: `${page * pageSize}` });
      if (search !== "") query.set("search", search);
      if (hidePaused) query.set("paused", "false");
      return getJson<DagListAnswer>(`/ui/dags?${query}`, signal);
    },
    placeholderData: keepPreviousData,
  });

export const importErrors = queryOptions({
  queryKey: ["lists", "import-errors"],
  queryFn: ({ signal }) =>
    getJson<Page<"import_errors", ImportErrorAnswer>>("/api/v2/importErrors?order_by=-timestamp&limit=100", signal),
});

export const dagWarnings = (dagId: string) =>
  queryOptions({
    queryKey: ["lists", "dag-warnings", dagId],
    queryFn: ({ signal }) =>
      getJson<Page<"dag_warnings", DagWarningAnswer>>(`/api/v2/dagWarnings?dag_id=${part(dagId)}`, signal),
  });

export const assets = (dagId: string | null) =>
  queryOptions({
    queryKey: ["lists", "assets", dagId],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ limit: "100", order_by: "name", ...(dagId !== null && { dag_ids: dagId }) });
      return getJson<Page<"assets", AssetAnswer>>(`/api/v2/assets?${query}`, signal);
    },
    placeholderData: keepPreviousData,
  });

/** The latest events of an asset, newest first. */
export const assetEvents = (assetId: number) =>
  queryOptions({
    queryKey: ["lists", "asset-events", assetId],
    queryFn: ({ signal }) =>
      getJson<Page<"asset_events", AssetEventAnswer>>(
        `/api/v2/assets/events?asset_id=${assetId}&order_by=-timestamp&limit=25`,
        signal,
      ),
  });

export const nextRunAssets = (dagId: string) =>
  queryOptions({
    queryKey: ["lists", "next-run-assets", dagId],
    queryFn: ({ signal }) => getJson<NextRunAssetsAnswer>(`/ui/next_run_assets/${part(dagId)}`, signal),
  });

/** What tasks wait to have answered, the oldest first. */
export const openQuestions = queryOptions({
  queryKey: ["lists", "open-questions"],
  queryFn: ({ signal }) =>
    getJson<Page<"hitl_details", HitlDetailAnswer>>(
      "/api/v2/dags/~/dagRuns/~/hitlDetails?response_received=false&state=deferred&order_by=created_at&limit=100",
      signal,
    ),
});

export const health = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => getJson<HealthAnswer>("/api/v2/monitor/health", signal),
  refetchInterval: HEALTH_MS,
});

export const version = queryOptions({
  queryKey: ["version"],
  queryFn: ({ signal }) => getJson<VersionAnswer>("/api/v2/version", signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const dagDetails = (dagId: string) =>
  queryOptions({
    queryKey: ["dag", dagId, "details"],
    queryFn: ({ signal }) => getJson<DagDetailsAnswer>(`${dagPath(dagId)}/details`, signal),
  });

/** The DAG's backfills that are under way: one, or none. */
export const activeBackfills = (dagId: string) =>
  queryOptions({
    queryKey: ["dag", dagId, "backfills"],
    queryFn: ({ signal }) =>
      getJson<Page<"backfills", BackfillProgress>>(`/ui/backfills?dag_id=${part(dagId)}&active=true`, signal),
  });

/** The runs that a backfill would have. */
export const backfillDryRun = (dagId: string, wish: object, isComplete: boolean) =>
  queryOptions({
    queryKey: ["dag", dagId, "backfill-dry-run", wish],
    queryFn: () => sendJson<Page<"backfills", BackfillDryRunAnswer>>("POST", "/api/v2/backfills/dry_run", wish),
    enabled: isComplete,
  });

/** The latest runs, newest first. */
export const dagRuns = (dagId: string, limit: number) =>
  queryOptions({
    queryKey: ["dag", dagId, "runs", limit],
    queryFn: ({ signal }) =>
      getJson<Page<"dag_runs", DagRunAnswer>>(`${dagPath(dagId)}/dagRuns?order_by=-id&limit=${limit}`, signal),
    placeholderData: keepPreviousData,
  });

export const runStates = (dagId: string, runId: string | undefined) =>
  queryOptions({
    queryKey: ["dag", dagId, "states", runId],
    queryFn: ({ signal }) => getJson<RunStatesAnswer>(`/ui/dags/${part(dagId)}/runs/${part(runId!)}/states`, signal),
    enabled: () => runId !== undefined && !leaving.has(runKey(dagId, runId)),
  });

export const dagRun = (dagId: string, runId: string) =>
  queryOptions({
    queryKey: ["dag", dagId, "run", runId],
    queryFn: ({ signal }) => getJson<DagRunAnswer>(runPath(dagId, runId), signal),
    enabled: () => !leaving.has(runKey(dagId, runId)),
  });

export const structure = (dagId: string, runId: string | undefined) =>
  queryOptions({
    queryKey: ["fixed", dagId, "structure", runId],
    queryFn: ({ signal }) => {
      const query = runId === undefined ? "" : `?run_id=${part(runId)}`;
      return getJson<StructureAnswer>(`/ui/dags/${part(dagId)}/structure${query}`, signal);
    },
    placeholderData: (previous, query) => (query?.queryKey[1] === dagId ? previous : undefined),
  });

export const grid = (dagId: string) =>
  queryOptions({
    queryKey: ["dag", dagId, "grid"],
    queryFn: ({ signal }) => getJson<GridAnswer>(`/ui/dags/${part(dagId)}/grid`, signal),
  });

export const source = (dagId: string) =>
  queryOptions({
    queryKey: ["fixed", dagId, "source"],
    queryFn: ({ signal }) =>
      getJson<{ content: string; version_number: number }>(`/api/v2/dagSources/${part(dagId)}`, signal),
  });

export const taskInstance = (key: TaskKey) =>
  queryOptions({
    queryKey: ["dag", key.dagId, "task", key.runId, key.taskId, key.mapIndex],
    queryFn: ({ signal }) => getJson<TaskInstanceAnswer>(`${taskPath(key)}?map_index=${key.mapIndex}`, signal),
  });

export interface InstancesQuery {
  readonly page: number;
  readonly pageSize: number;
  /** All states when absent. */
  readonly state: ShownTaskState | undefined;
}

/** A page of a mapped task's instances. */
export const mappedInstances = (key: TaskKey, { page, pageSize, state }: InstancesQuery) =>
  queryOptions({
    queryKey: ["dag", key.dagId, "mapped", key.runId, key.taskId, { page, pageSize, state }],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ limit: `${pageSize}`, offset: `${page * pageSize}` });
      if (state !== undefined) query.set("state", state);
      return getJson<Page<"task_instances", TaskInstanceAnswer>>(`${taskPath(key)}/listMapped?${query}`, signal);
    },
    placeholderData: keepPreviousData,
  });

export const taskTries = (key: TaskKey) =>
  queryOptions({
    queryKey: ["dag", key.dagId, "tries", key.runId, key.taskId, key.mapIndex],
    queryFn: ({ signal }) =>
      getJson<Page<"task_instances", TaskInstanceTryAnswer>>(
        `${taskPath(key)}/tries?map_index=${key.mapIndex}`,
        signal,
      ),
  });

export const xcoms = (key: TaskKey) =>
  queryOptions({
    queryKey: ["dag", key.dagId, "xcoms", key.runId, key.taskId, key.mapIndex],
    queryFn: ({ signal }) =>
      getJson<Page<"xcom_entries", XComAnswer>>(`${taskPath(key)}/xcomEntries?map_index=${key.mapIndex}`, signal),
  });

export const xcomValue = (key: TaskKey, xcomKey: string, timestamp: string) =>
  queryOptions({
    queryKey: ["xcom", key.dagId, key.runId, key.taskId, key.mapIndex, xcomKey, timestamp],
    queryFn: ({ signal }) =>
      getJson<XComValueAnswer>(
        `${taskPath(key)}/xcomEntries/${part(xcomKey)}?map_index=${key.mapIndex}&stringify=false`,
        signal,
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
