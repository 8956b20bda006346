import type { SerializedAssetCondition, SerializedAssetLike, SerializedOutlet } from "#sdk/encode-asset.ts";
import type { JsonValue } from "#sdk/json.ts";
import type { SerializedDagFields } from "#sdk/serialized-dag.ts";
import { type AssetExpression, toExpression } from "./expression.ts";

/** How a DAG or a task of it refers to an asset; the keys are those that `store_dag_assets` reads. */
export interface AssetReference {
  /** What a DAG's schedule names an asset, an alias, a name or a URI; or what a task has it for. */
  readonly kind: "asset" | "alias" | "name" | "uri" | "outlet" | "inlet";
  readonly task_id?: string;
  readonly name?: string;
  readonly uri?: string;
  readonly alias?: string;
  readonly ref_name?: string;
  readonly ref_uri?: string;
}

/** All that a DAG says of assets. */
export interface DagAssets {
  /** What it is scheduled on. */
  readonly expression: AssetExpression | null;
  readonly assets: readonly {
    readonly name: string;
    readonly uri: string;
    readonly group: string;
    readonly extra: Readonly<Record<string, JsonValue>>;
  }[];
  readonly aliases: readonly { readonly name: string; readonly group: string }[];
  readonly references: readonly AssetReference[];
}

/** The same for a DAG that may wait for its assets; one whose runs nothing of them may start waits for none. */
export function readAwaitedAssets(dag: SerializedDagFields): DagAssets {
  const assets = readDagAssets(dag);
  if (dag.allowed_run_types?.includes("asset_triggered") !== false) return assets;
  const ofTasks = assets.references.filter(({ kind }) => kind === "outlet" || kind === "inlet");
  return { ...assets, expression: null, references: ofTasks };
}

export function readDagAssets(dag: SerializedDagFields): DagAssets {
  const { __var: schedule } = dag.timetable;
  const condition = "asset_condition" in schedule ? schedule.asset_condition : null;
  const scheduled = condition === null ? [] : leavesOf(condition);
  const ofTasks = dag.tasks.flatMap(({ __var: task }) => [
    ...(task.outlets ?? []).map((asset) => ({ kind: "outlet" as const, task_id: task.task_id, asset: open(asset) })),
    ...(task.inlets ?? []).map((asset) => ({ kind: "inlet" as const, task_id: task.task_id, asset: open(asset) })),
  ]);
  const declared = [...scheduled, ...ofTasks.map(({ asset }) => asset)];
  return {
    expression: condition && toExpression(condition),
    assets: [
      ...new Map(
        declared.flatMap((asset) =>
          asset.__type === "asset" ? [[JSON.stringify([asset.name, asset.uri]), asset] as const] : [],
        ),
      ).values(),
    ].map(({ name, uri, group, extra }) => ({ name, uri, group, extra })),
    aliases: [
      ...new Map(
        declared.flatMap((asset) => (asset.__type === "asset_alias" ? [[asset.name, asset] as const] : [])),
      ).values(),
    ].map(({ name, group }) => ({ name, group })),
    references: [
      ...scheduled.map(referToSchedule),
      ...ofTasks.flatMap(({ kind, task_id, asset }) =>
        // Which asset a task's alias or reference means shows when the task runs.
        asset.__type === "asset" ? [{ kind, task_id, name: asset.name, uri: asset.uri }] : [],
      ),
    ],
  };
}

function referToSchedule(asset: SerializedAssetLike): AssetReference {
  if (asset.__type === "asset") return { kind: "asset", name: asset.name, uri: asset.uri };
  if (asset.__type === "asset_alias") return { kind: "alias", alias: asset.name };
  return asset.uri === undefined ? { kind: "name", ref_name: asset.name } : { kind: "uri", ref_uri: asset.uri };
}

function leavesOf(condition: SerializedAssetCondition): SerializedAssetLike[] {
  return "objects" in condition ? condition.objects.flatMap(leavesOf) : [condition];
}

function open({ __type, __var }: SerializedOutlet): SerializedAssetLike {
  return { __type, ...__var } as SerializedAssetLike;
}
