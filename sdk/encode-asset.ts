import { Asset, AssetNameRef } from "./asset.ts";
import { AssetAlias, AssetAll, AssetAny, type AssetExpression, type AssetLike } from "./asset-expression.ts";
import { findNonJson, type JsonValue } from "./json.ts";

/** An asset, alias or reference in Airflow's serialized form (`airflow/serialization/encoders.py`). */
export type SerializedAssetLike =
  | {
      readonly __type: "asset";
      readonly name: string;
      readonly uri: string;
      readonly group: string;
      readonly extra: Readonly<Record<string, JsonValue>>;
    }
  | { readonly __type: "asset_alias"; readonly name: string; readonly group: string }
  | { readonly __type: "asset_ref"; readonly name: string; readonly uri?: undefined }
  | { readonly __type: "asset_ref"; readonly uri: string; readonly name?: undefined };

export type SerializedAssetCondition =
  | SerializedAssetLike
  | { readonly __type: "asset_all" | "asset_any"; readonly objects: readonly SerializedAssetCondition[] };

/** An inlet or outlet of a serialized task: the same, with its content apart from its type. */
export interface SerializedOutlet {
  readonly __type: SerializedAssetLike["__type"];
  readonly __var: DistributiveOmit<SerializedAssetLike, "__type">;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** An entry of a serialized DAG's `dag_dependencies`. */
export type DagDependency = Readonly<
  Record<"source" | "target" | "label" | "dependency_type" | "dependency_id", string>
>;

const MAX_LENGTH = 1500;
/** Python's asset events can be asked by these names as well, so no asset has them. */
const RESERVED_NAMES = ["self", "context"];

/**
 * @param owner names the DAG or task for messages
 * @throws what Airflow refuses of an asset's name and URI, and what JSON cannot carry
 */
export function encodeCondition(owner: string, expression: AssetExpression): SerializedAssetCondition {
  if (expression instanceof AssetAll || expression instanceof AssetAny) {
    const objects = expression.objects.map((object) => encodeCondition(owner, object));
    return { __type: expression instanceof AssetAll ? "asset_all" : "asset_any", objects };
  }
  return encodeAssetLike(owner, expression);
}

export function encodeOutlet(owner: string, asset: AssetLike): SerializedOutlet {
  const { __type, ...content } = encodeAssetLike(owner, asset);
  return { __type, __var: content };
}

function encodeAssetLike(owner: string, asset: AssetLike): SerializedAssetLike {
  if (asset instanceof Asset) {
    checkAsset(owner, asset);
    return { __type: "asset", name: asset.name, uri: asset.uri, group: asset.group, extra: asset.extra };
  }
  if (asset instanceof AssetAlias) return { __type: "asset_alias", name: asset.name, group: asset.group };
  return asset instanceof AssetNameRef
    ? { __type: "asset_ref", name: asset.name }
    : { __type: "asset_ref", uri: asset.uri };
}

function checkAsset(owner: string, { name, uri, extra }: Asset): void {
  const refuse = (problem: string) => {
    throw new Error(`${owner} has the asset ${JSON.stringify(name)}, ${problem}`);
  };
  if (RESERVED_NAMES.includes(name)) refuse("but no asset can have this name");
  if (name.length > MAX_LENGTH || uri.length > MAX_LENGTH) {
    refuse(`whose name or URI has more than ${MAX_LENGTH} characters`);
  }
  if (name.trim() === "" || uri.trim() === "") refuse("but a name or URI cannot be just whitespace");
  if (/^airflow:/i.test(uri)) refuse(`with the URI ${JSON.stringify(uri)}, but the scheme "airflow" is reserved`);
  const wrong = findNonJson(extra);
  if (wrong !== undefined) refuse(`whose extra holds ${wrong}, which JSON cannot carry`);
}

/**
 * How an asset ties DAGs together: from the DAG that has it as an outlet, or to the DAG that is scheduled on it. The
 * missing end is the kind of the dependency, as Airflow has it.
 */
export function assetDependencies(
  expression: AssetExpression,
  ends: { readonly source: string } | { readonly target: string },
): DagDependency[] {
  if (expression instanceof AssetAll || expression instanceof AssetAny) {
    return expression.objects.flatMap((object) => assetDependencies(object, ends));
  }
  const [type, label, id] = describeDependency(expression);
  return [{ source: type, target: type, ...ends, label, dependency_type: type, dependency_id: id }];
}

function describeDependency(asset: AssetLike): readonly [type: string, label: string, id: string] {
  if (asset instanceof Asset) {
    // The text that Python's json.dumps makes of it.
    return ["asset", asset.name, `{"name": ${pythonText(asset.name)}, "uri": ${pythonText(asset.uri)}}`];
  }
  if (asset instanceof AssetAlias) return ["asset-alias", asset.name, asset.name];
  return asset instanceof AssetNameRef
    ? ["asset-name-ref", asset.name, asset.name]
    : ["asset-uri-ref", asset.uri, asset.uri];
}

function pythonText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
