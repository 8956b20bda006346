import { type AssetLike, isAssetLike } from "./asset-expression.ts";
import type { Dag } from "./dag.ts";
import type { TaskNode } from "./dag-graph.ts";
import { assetDependencies, encodeOutlet, type SerializedOutlet } from "./encode-asset.ts";
import { describeValue, isPlainObject, type JsonValue } from "./json.ts";
import { isOperator } from "./operator.ts";
import { readAssetSchedule } from "./schedule.ts";
import { sorted } from "./sorted.ts";
import type { TaskOptions } from "./specs.ts";

/** The assets of a task's spec, `inlets` or `outlets`, as an array. */
export function assetsOf(owner: string, spec: TaskOptions, name: "inlets" | "outlets"): readonly AssetLike[] {
  const given: unknown = spec[name] ?? [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const wrong = list.find((item) => !isAssetLike(item));
  if (wrong === undefined) return list as readonly AssetLike[];
  throw new Error(
    `${name} for ${owner} must be an Asset, an AssetAlias, a reference from Asset.ref(), or an array of them, ` +
      `not ${describeValue(wrong)}`,
  );
}

export function serializeTaskAssets(
  owner: string,
  spec: TaskOptions,
): { inlets?: SerializedOutlet[]; outlets?: SerializedOutlet[] } {
  const written = (name: "inlets" | "outlets") =>
    assetsOf(owner, spec, name).map((asset) => encodeOutlet(owner, asset));
  const [inlets, outlets] = [written("inlets"), written("outlets")];
  return { ...(inlets.length > 0 && { inlets }), ...(outlets.length > 0 && { outlets }) };
}

/**
 * How a DAG is tied to others, by its operators, its tasks' outlets and its schedule: each tie once, in the order in
 * which Airflow sorts them (`DagDependency` in `airflow/serialization/dag_dependency.py`).
 */
export function serializeDependencies(dag: Dag, tasks: readonly TaskNode[]): JsonValue[] {
  const { dagId, spec } = dag;
  const ofTasks = tasks.flatMap(({ id, run, spec }) => {
    const outlets = assetsOf(`task "${id}" of Dag "${dagId}"`, spec, "outlets");
    return [
      ...(isOperator(run) ? (run.dagDependencies?.(dagId, id) ?? []) : []),
      ...outlets.flatMap((asset) => assetDependencies(asset, { source: dagId })),
    ];
  });
  const scheduled = isPlainObject(spec.schedule) && "assets" in spec.schedule ? spec.schedule.assets : spec.schedule;
  const assets = readAssetSchedule(dagId, scheduled);
  const all = [...ofTasks, ...(assets === undefined ? [] : assetDependencies(assets, { target: dagId }))];
  const byKey = new Map(all.map((tie) => [sortKey(tie), tie]));
  return sorted(byKey.keys()).map((key) => byKey.get(key)!);
}

function sortKey(tie: JsonValue): string {
  const { source, target, label, dependency_type, dependency_id } = tie as Record<string, JsonValue>;
  return [source, target, label, dependency_type, dependency_id].join("\0");
}
