import type { SerializedAssetCondition } from "#sdk/encode-asset.ts";

/** What a DAG is scheduled on, as Airflow's API shows it (`as_expression` of `airflow/sdk/definitions/asset`). */
export type AssetExpression =
  | { readonly asset: { readonly uri: string; readonly name: string; readonly group: string } }
  | { readonly alias: { readonly name: string; readonly group: string } }
  | { readonly asset_ref: { readonly name: string; readonly uri?: undefined } }
  | { readonly asset_ref: { readonly uri: string; readonly name?: undefined } }
  | { readonly all: readonly AssetExpression[] }
  | { readonly any: readonly AssetExpression[] };

export function toExpression(condition: SerializedAssetCondition): AssetExpression {
  switch (condition.__type) {
    case "asset":
      return { asset: { uri: condition.uri, name: condition.name, group: condition.group } };
    case "asset_alias":
      return { alias: { name: condition.name, group: condition.group } };
    case "asset_ref":
      return condition.uri === undefined
        ? { asset_ref: { name: condition.name } }
        : { asset_ref: { uri: condition.uri } };
    case "asset_all":
      return { all: condition.objects.map(toExpression) };
    case "asset_any":
      return { any: condition.objects.map(toExpression) };
  }
}

/** An asset that has had an event since the DAG's last run. */
export interface UpdatedAsset {
  readonly name: string;
  readonly uri: string;
  /** The aliases under which it has had events, ever. */
  readonly aliases: readonly string[];
}

/** Whether the assets that have had events are those that a DAG waits for (`airflow/assets/evaluation.py`). */
export function isSatisfied(expression: AssetExpression, updated: readonly UpdatedAsset[]): boolean {
  if ("all" in expression) return expression.all.every((part) => isSatisfied(part, updated));
  if ("any" in expression) return expression.any.some((part) => isSatisfied(part, updated));
  if ("alias" in expression) return updated.some(({ aliases }) => aliases.includes(expression.alias.name));
  if ("asset" in expression) {
    const { name, uri } = expression.asset;
    return updated.some((asset) => asset.name === name && asset.uri === uri);
  }
  const { name, uri } = expression.asset_ref;
  return updated.some((asset) => (uri === undefined ? asset.name === name : asset.uri === uri));
}
