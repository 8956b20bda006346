import type {
  AssetEventRow,
  AssetReferenceRow,
  AssetRow,
  CreatedRunRow,
  QueuedEventRow,
} from "#core/database/console-assets.ts";
import { maskSecrets } from "#core/secrets/mask-secrets.ts";
import type {
  AssetAnswer,
  AssetEventAnswer,
  AssetEventRun,
  AssetReference,
  AssetTaskReference,
  Json,
  QueuedEventAnswer,
} from "../../protocol.ts";
import { showInstant } from "./show-instant.ts";

/** An asset as Airflow's API answers it. */
export function showAsset(asset: AssetRow): AssetAnswer {
  return {
    id: asset.id,
    name: asset.name,
    uri: asset.uri,
    group: asset.group,
    extra: maskSecrets(asset.extra) as Json,
    created_at: asset.created_at.toISOString(),
    updated_at: asset.updated_at.toISOString(),
    scheduled_dags: asset.scheduled_dags.map(showReference),
    producing_tasks: asset.producing_tasks.map(showTaskReference),
    consuming_tasks: asset.consuming_tasks.map(showTaskReference),
    aliases: asset.aliases,
    watchers: [],
    last_asset_event: { id: asset.last_event_id, timestamp: showInstant(asset.last_event_timestamp) },
  };
}

export function showAssetEvent(event: AssetEventRow): AssetEventAnswer {
  return {
    ...event,
    extra: maskSecrets(event.extra) as Json,
    created_dagruns: event.created_dagruns.map(showCreatedRun),
    timestamp: event.timestamp.toISOString(),
    partition_key: null,
  };
}

export function showQueuedEvent(event: QueuedEventRow): QueuedEventAnswer {
  const { dag_id, dag_display_name, asset_id, created_at } = event;
  return { dag_id, dag_display_name: dag_display_name ?? dag_id, asset_id, created_at: created_at.toISOString() };
}

function showReference({ dag_id, created_at, updated_at }: AssetReferenceRow): AssetReference {
  return { dag_id, created_at: fromJson(created_at), updated_at: fromJson(updated_at) };
}

function showTaskReference(row: AssetReferenceRow): AssetTaskReference {
  return { ...showReference(row), task_id: row.task_id! };
}

function showCreatedRun(run: CreatedRunRow): AssetEventRun {
  const orNull = (date: string | null) => date && fromJson(date);
  return {
    run_id: run.run_id,
    dag_id: run.dag_id,
    logical_date: orNull(run.logical_date),
    start_date: orNull(run.start_date),
    end_date: orNull(run.end_date),
    state: run.state,
    data_interval_start: orNull(run.data_interval_start),
    data_interval_end: orNull(run.data_interval_end),
    partition_key: null,
  };
}

function fromJson(date: string): string {
  return new Date(date).toISOString();
}
