import { type BackfillRow, findBackfill } from "#core/database/backfills.ts";
import { type ConnectionRow, findConnection } from "#core/database/connections.ts";
import { type AssetRow, findAssetRow } from "#core/database/console-assets.ts";
import { type DagRow, findDagRow } from "#core/database/console-dags.ts";
import { findRunRow, type RunRow } from "#core/database/console-runs.ts";
import {
  findTaskInstanceRow,
  listInstancesOfTask,
  type TaskInstanceRow,
} from "#core/database/console-task-instances.ts";
import { findPool, type PoolRow } from "#core/database/pools.ts";
import { findVariable, type VariableRow } from "#core/database/variables.ts";
import { ApiError } from "./api-error.ts";
import type { Call } from "./call.ts";
import { parseInteger, readInteger } from "./read-query.ts";

/** The id that stands for all DAGs, or all runs. */
export const ALL = "~";

/** The DAG that the path names. */
export async function dagOf({ server, params }: Call): Promise<DagRow> {
  const dag = await findDagRow(server.db, params.dagId!);
  if (dag === undefined) throw new ApiError(404, `The Dag with ID: \`${params.dagId}\` was not found`);
  return dag;
}

/** The DAG run that the path names. */
export async function runOf({ server, params }: Call): Promise<RunRow> {
  const { dagId, runId } = params;
  const run = await findRunRow(server.db, dagId!, runId!);
  if (run === undefined) {
    throw new ApiError(404, `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` was not found`);
  }
  return run;
}

/** The task instance that the path names, with its map index there or as `map_index` in the query. */
export async function taskInstanceOf({ server, params, query }: Call): Promise<TaskInstanceRow> {
  const { dagId, runId, taskId } = params;
  const mapIndex = readMapIndex(params, query) ?? -1;
  const row = await findTaskInstanceRow(server.db, dagId!, runId!, taskId!, mapIndex);
  if (row === undefined) throw noTaskInstance(params, mapIndex);
  return row;
}

/** The task instances that the path names: the one with its map index, or without one all of the task. */
export async function taskInstancesOf({ server, params, query }: Call): Promise<TaskInstanceRow[]> {
  const { dagId, runId, taskId } = params;
  const mapIndex = readMapIndex(params, query);
  const rows = await listInstancesOfTask(server.db, dagId!, runId!, taskId!);
  const named = rows.filter((row) => mapIndex === undefined || row.map_index === mapIndex);
  if (named.length === 0) throw noTaskInstance(params, mapIndex);
  return named;
}

function readMapIndex({ mapIndex }: Call["params"], query: Call["query"]): number | undefined {
  if (mapIndex === undefined) return readInteger(query, "map_index", -1);
  return parseInteger(mapIndex, ["path", "map_index"], -1);
}

function noTaskInstance({ dagId, runId, taskId }: Call["params"], mapIndex: number | undefined): ApiError {
  return new ApiError(
    404,
    `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\`, task_id: \`${taskId}\` and map_index: ` +
      `\`${mapIndex ?? "None"}\` was not found`,
  );
}

/** The backfill that the path names. */
export async function backfillOf({ server, params }: Call): Promise<BackfillRow> {
  const id = parseInteger(params.backfillId!, ["path", "backfill_id"]);
  const row = await findBackfill(server.db, id);
  if (row === undefined) throw new ApiError(404, `Could not find backfill with id ${id}`);
  return row;
}

/** The connection that the path names. */
export async function connectionOf({ server, params }: Call): Promise<ConnectionRow> {
  const id = params.connectionId!;
  const row = await findConnection(server.db, id);
  if (row === undefined) throw new ApiError(404, `The Connection with connection_id: \`${id}\` was not found`);
  return row;
}

/** The pool that the path names. */
export async function poolOf({ server, params }: Call): Promise<PoolRow> {
  const name = params.poolName!;
  const row = await findPool(server.db, name);
  if (row === undefined) throw new ApiError(404, `The Pool with name: \`${name}\` was not found`);
  return row;
}

/** The asset that the path names by its number. */
export async function assetOf({ server, params }: Call): Promise<AssetRow> {
  const id = params.assetId!;
  const row = await findAssetRow(server.db, parseInteger(id, ["path", "asset_id"]));
  if (row === undefined) throw new ApiError(404, `The Asset with ID: \`${id}\` was not found`);
  return row;
}

/** The variable that the path names. */
export async function variableOf({ server, params }: Call): Promise<VariableRow> {
  const key = params.variableKey!;
  const row = await findVariable(server.db, key);
  if (row === undefined) throw new ApiError(404, `The Variable with key: \`${key}\` was not found`);
  return row;
}
