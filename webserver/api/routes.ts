import type { Handler } from "./call.ts";
import { bulkTaskInstances } from "./handlers/bulk-task-instances.ts";
import { cancelBackfillHandler, pauseBackfill, unpauseBackfill } from "./handlers/change-backfill.ts";
import { deleteXComHandler, patchXCom, postXCom } from "./handlers/change-xcoms.ts";
import { clearDagRun } from "./handlers/clear-dag-run.ts";
import { clearTaskInstances } from "./handlers/clear-task-instances.ts";
import { getDagVersion, listDagVersions } from "./handlers/dag-versions.ts";
import { deleteConnectionHandler } from "./handlers/delete-connection.ts";
import { deleteDagHandler } from "./handlers/delete-dag.ts";
import { deleteDagRun } from "./handlers/delete-dag-run.ts";
import { deletePoolHandler } from "./handlers/delete-pool.ts";
import { deleteTaskInstanceHandler } from "./handlers/delete-task-instance.ts";
import { deleteVariableHandler } from "./handlers/delete-variable.ts";
import { getAsset } from "./handlers/get-asset.ts";
import { getAssetAlias } from "./handlers/get-asset-alias.ts";
import { getBackfill } from "./handlers/get-backfill.ts";
import { getConfig, getConfigOption } from "./handlers/get-config.ts";
import { getConnection } from "./handlers/get-connection.ts";
import { getDag } from "./handlers/get-dag.ts";
import { getDagDetails } from "./handlers/get-dag-details.ts";
import { getDagRun } from "./handlers/get-dag-run.ts";
import { getDagSource } from "./handlers/get-dag-source.ts";
import { getHealth } from "./handlers/get-health.ts";
import { getHitlDetail } from "./handlers/get-hitl-detail.ts";
import { getHitlTry } from "./handlers/get-hitl-try.ts";
import { getLog } from "./handlers/get-log.ts";
import { getPool } from "./handlers/get-pool.ts";
import { getTaskInstance } from "./handlers/get-task-instance.ts";
import { getVariable } from "./handlers/get-variable.ts";
import { getVersion } from "./handlers/get-version.ts";
import { getXCom } from "./handlers/get-xcom.ts";
import { listAssetAliases } from "./handlers/list-asset-aliases.ts";
import { listAssetEventsHandler } from "./handlers/list-asset-events.ts";
import { listAssetsHandler } from "./handlers/list-assets.ts";
import { listBackfillsHandler } from "./handlers/list-backfills.ts";
import { listConnectionsHandler } from "./handlers/list-connections.ts";
import { listDagRuns, listDagRunsBatch } from "./handlers/list-dag-runs.ts";
import { listDagWarningsHandler } from "./handlers/list-dag-warnings.ts";
import { listDagsHandler } from "./handlers/list-dags.ts";
import { listHitlDetailsHandler } from "./handlers/list-hitl-details.ts";
import { listImportErrorsHandler } from "./handlers/list-import-errors.ts";
import { listMapped } from "./handlers/list-mapped.ts";
import { listPoolsHandler } from "./handlers/list-pools.ts";
import { listTaskInstancesBatch, listTaskInstancesHandler } from "./handlers/list-task-instances.ts";
import { getTask, listTasks } from "./handlers/list-tasks.ts";
import { listTries } from "./handlers/list-tries.ts";
import { listUpstreamAssetEvents } from "./handlers/list-upstream-asset-events.ts";
import { listVariablesHandler } from "./handlers/list-variables.ts";
import { listXComsHandler } from "./handlers/list-xcoms.ts";
import { materializeAssetHandler } from "./handlers/materialize-asset.ts";
import { openEvents } from "./handlers/open-events.ts";
import { parseDagFile } from "./handlers/parse-dag-file.ts";
import { patchConnection } from "./handlers/patch-connection.ts";
import { patchDag } from "./handlers/patch-dag.ts";
import { patchDagRun } from "./handlers/patch-dag-run.ts";
import { patchHitlDetail } from "./handlers/patch-hitl-detail.ts";
import { patchPool } from "./handlers/patch-pool.ts";
import { dryRunTaskInstance, patchTaskInstance } from "./handlers/patch-task-instance.ts";
import { patchVariable } from "./handlers/patch-variable.ts";
import { postAssetEvent } from "./handlers/post-asset-event.ts";
import { postBackfill, postBackfillDryRun } from "./handlers/post-backfill.ts";
import { postConnection } from "./handlers/post-connection.ts";
import { postPool } from "./handlers/post-pool.ts";
import { postVariable } from "./handlers/post-variable.ts";
import { deleteQueuedEventsHandler, listQueuedEventsHandler } from "./handlers/queued-asset-events.ts";
import { triggerDagRun } from "./handlers/trigger-dag-run.ts";
import { uiGrid } from "./handlers/ui-grid.ts";
import { uiListBackfills } from "./handlers/ui-list-backfills.ts";
import { uiListDags } from "./handlers/ui-list-dags.ts";
import { uiNextRunAssets } from "./handlers/ui-next-run-assets.ts";
import { uiPreviewMark } from "./handlers/ui-preview-mark.ts";
import { uiRefresh } from "./handlers/ui-refresh.ts";
import { uiRunStates } from "./handlers/ui-run-states.ts";
import { uiStructure } from "./handlers/ui-structure.ts";
import { waitForDagRun } from "./handlers/wait-for-dag-run.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly handle: Handler;
}

const DAG = "/api/v2/dags/:dagId";
const RUN = `${DAG}/dagRuns/:runId`;
const TASK_INSTANCE = `${RUN}/taskInstances/:taskId`;
const BACKFILL = "/api/v2/backfills/:backfillId";
const ASSET = "/api/v2/assets/:assetId";
const CONNECTION = "/api/v2/connections/:connectionId";
const POOL = "/api/v2/pools/:poolName";
const VARIABLE = "/api/v2/variables/:variableKey";

/** Everything the server answers beside the console's files. `/api/v2` is Airflow 3's API, `/ui` the console's own. */
export const ROUTES: readonly Route[] = [
  { method: "GET", path: "/health", handle: getHealth },

  { method: "GET", path: "/api/v2/monitor/health", handle: getHealth },
  { method: "GET", path: "/api/v2/version", handle: getVersion },
  { method: "GET", path: "/api/v2/dags", handle: listDagsHandler },
  { method: "GET", path: DAG, handle: getDag },
  { method: "PATCH", path: DAG, handle: patchDag },
  { method: "DELETE", path: DAG, handle: deleteDagHandler },
  { method: "POST", path: `${DAG}/clearTaskInstances`, handle: clearTaskInstances },
  { method: "GET", path: `${DAG}/details`, handle: getDagDetails },
  { method: "GET", path: `${DAG}/tasks`, handle: listTasks },
  { method: "GET", path: `${DAG}/tasks/:taskId`, handle: getTask },
  { method: "GET", path: `${DAG}/dagVersions`, handle: listDagVersions },
  { method: "GET", path: `${DAG}/dagVersions/:versionNumber`, handle: getDagVersion },
  { method: "GET", path: `${DAG}/dagRuns`, handle: listDagRuns },
  { method: "POST", path: `${DAG}/dagRuns`, handle: triggerDagRun("rest_api") },
  { method: "POST", path: `${DAG}/dagRuns/list`, handle: listDagRunsBatch },
  { method: "GET", path: RUN, handle: getDagRun },
  { method: "PATCH", path: RUN, handle: patchDagRun },
  { method: "DELETE", path: RUN, handle: deleteDagRun },
  { method: "POST", path: `${RUN}/clear`, handle: clearDagRun },
  { method: "GET", path: `${RUN}/wait`, handle: waitForDagRun },
  { method: "GET", path: `${RUN}/taskInstances`, handle: listTaskInstancesHandler },
  { method: "PATCH", path: `${RUN}/taskInstances`, handle: bulkTaskInstances },
  { method: "POST", path: `${RUN}/taskInstances/list`, handle: listTaskInstancesBatch },
  { method: "GET", path: TASK_INSTANCE, handle: getTaskInstance },
  { method: "PATCH", path: TASK_INSTANCE, handle: patchTaskInstance },
  { method: "PATCH", path: `${TASK_INSTANCE}/dry_run`, handle: dryRunTaskInstance },
  { method: "PATCH", path: `${TASK_INSTANCE}/:mapIndex`, handle: patchTaskInstance },
  { method: "PATCH", path: `${TASK_INSTANCE}/:mapIndex/dry_run`, handle: dryRunTaskInstance },
  { method: "DELETE", path: TASK_INSTANCE, handle: deleteTaskInstanceHandler },
  { method: "GET", path: `${TASK_INSTANCE}/listMapped`, handle: listMapped },
  { method: "GET", path: `${TASK_INSTANCE}/tries`, handle: listTries },
  { method: "GET", path: `${TASK_INSTANCE}/:mapIndex/tries`, handle: listTries },
  { method: "GET", path: `${TASK_INSTANCE}/logs/:tryNumber`, handle: getLog },
  { method: "GET", path: `${TASK_INSTANCE}/xcomEntries`, handle: listXComsHandler },
  { method: "POST", path: `${TASK_INSTANCE}/xcomEntries`, handle: postXCom },
  { method: "GET", path: `${TASK_INSTANCE}/xcomEntries/:key`, handle: getXCom },
  { method: "PATCH", path: `${TASK_INSTANCE}/xcomEntries/:key`, handle: patchXCom },
  { method: "DELETE", path: `${TASK_INSTANCE}/xcomEntries/:key`, handle: deleteXComHandler },
  // After all that is named by a word, because a map index could be any.
  { method: "GET", path: `${TASK_INSTANCE}/:mapIndex`, handle: getTaskInstance },
  { method: "GET", path: "/api/v2/dagSources/:dagId", handle: getDagSource },
  { method: "GET", path: "/api/v2/importErrors", handle: listImportErrorsHandler },
  { method: "GET", path: "/api/v2/dagWarnings", handle: listDagWarningsHandler },
  { method: "PUT", path: "/api/v2/parseDagFile/:fileToken", handle: parseDagFile },
  { method: "GET", path: "/api/v2/backfills", handle: listBackfillsHandler },
  { method: "POST", path: "/api/v2/backfills", handle: postBackfill },
  { method: "POST", path: "/api/v2/backfills/dry_run", handle: postBackfillDryRun },
  { method: "GET", path: BACKFILL, handle: getBackfill },
  { method: "PUT", path: `${BACKFILL}/cancel`, handle: cancelBackfillHandler },
  { method: "PUT", path: `${BACKFILL}/pause`, handle: pauseBackfill },
  { method: "PUT", path: `${BACKFILL}/unpause`, handle: unpauseBackfill },
  { method: "GET", path: "/api/v2/assets", handle: listAssetsHandler },
  { method: "GET", path: "/api/v2/assets/aliases", handle: listAssetAliases },
  { method: "GET", path: "/api/v2/assets/aliases/:aliasId", handle: getAssetAlias },
  { method: "GET", path: "/api/v2/assets/events", handle: listAssetEventsHandler },
  { method: "POST", path: "/api/v2/assets/events", handle: postAssetEvent },
  { method: "GET", path: ASSET, handle: getAsset },
  { method: "POST", path: `${ASSET}/materialize`, handle: materializeAssetHandler },
  ...[`${ASSET}/queuedEvents`, `${DAG}/assets/queuedEvents`, `${DAG}/assets/:assetId/queuedEvents`].flatMap(
    (path): Route[] => [
      { method: "GET", path, handle: listQueuedEventsHandler },
      { method: "DELETE", path, handle: deleteQueuedEventsHandler },
    ],
  ),
  { method: "GET", path: `${RUN}/hitlDetails`, handle: listHitlDetailsHandler },
  { method: "GET", path: `${TASK_INSTANCE}/:mapIndex/hitlDetails`, handle: getHitlDetail },
  { method: "PATCH", path: `${TASK_INSTANCE}/:mapIndex/hitlDetails`, handle: patchHitlDetail("rest_api") },
  { method: "GET", path: `${TASK_INSTANCE}/:mapIndex/hitlDetails/tries/:tryNumber`, handle: getHitlTry },
  { method: "GET", path: `${RUN}/upstreamAssetEvents`, handle: listUpstreamAssetEvents },
  { method: "GET", path: "/api/v2/config", handle: getConfig },
  { method: "GET", path: "/api/v2/config/section/:section/option/:option", handle: getConfigOption },
  { method: "GET", path: "/api/v2/connections", handle: listConnectionsHandler },
  { method: "POST", path: "/api/v2/connections", handle: postConnection },
  { method: "GET", path: CONNECTION, handle: getConnection },
  { method: "PATCH", path: CONNECTION, handle: patchConnection },
  { method: "DELETE", path: CONNECTION, handle: deleteConnectionHandler },
  { method: "GET", path: "/api/v2/pools", handle: listPoolsHandler },
  { method: "POST", path: "/api/v2/pools", handle: postPool },
  { method: "GET", path: POOL, handle: getPool },
  { method: "PATCH", path: POOL, handle: patchPool },
  { method: "DELETE", path: POOL, handle: deletePoolHandler },
  { method: "GET", path: "/api/v2/variables", handle: listVariablesHandler },
  { method: "POST", path: "/api/v2/variables", handle: postVariable },
  { method: "GET", path: VARIABLE, handle: getVariable },
  { method: "PATCH", path: VARIABLE, handle: patchVariable },
  { method: "DELETE", path: VARIABLE, handle: deleteVariableHandler },

  { method: "GET", path: "/ui/events", handle: openEvents },
  { method: "GET", path: "/ui/backfills", handle: uiListBackfills },
  { method: "GET", path: "/ui/dags", handle: uiListDags },
  {
    method: "PATCH",
    path: "/ui/dags/:dagId/dagRuns/:runId/taskInstances/:taskId/:mapIndex/hitlDetails",
    handle: patchHitlDetail("ui"),
  },
  { method: "GET", path: "/ui/next_run_assets/:dagId", handle: uiNextRunAssets },
  { method: "GET", path: "/ui/dags/:dagId/structure", handle: uiStructure },
  { method: "GET", path: "/ui/dags/:dagId/grid", handle: uiGrid },
  { method: "GET", path: "/ui/dags/:dagId/runs/:runId/states", handle: uiRunStates },
  { method: "GET", path: "/ui/dags/:dagId/runs/:runId/marks/:mark", handle: uiPreviewMark },
  { method: "POST", path: "/ui/dags/:dagId/refresh", handle: uiRefresh },
  { method: "POST", path: "/ui/dags/:dagId/trigger", handle: triggerDagRun("ui") },
];
