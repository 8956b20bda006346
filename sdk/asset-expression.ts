import { Asset, AssetNameRef, type AssetRef, AssetUriRef } from "./asset.ts";

export interface AssetAliasSpec {
  name: string;
  /** @default "asset" */
  group?: string;
}

/**
 * A name for assets that are only known while a task runs: the task adds them by
 * `getContext().outletEvents(alias).add(asset)`, and a DAG that is scheduled on the alias gets their events.
 */
export class AssetAlias {
  readonly name: string;
  readonly group: string;

  constructor({ name, group = "asset" }: AssetAliasSpec) {
    if (typeof name !== "string" || name === "") throw new TypeError("AssetAlias name must be a non-empty string");
    this.name = name;
    this.group = group;
  }
}

/** What a task may have as inlet or outlet. */
export type AssetLike = Asset | AssetAlias | AssetRef;

/** Which assets a DAG waits for: one, all of several, or any of several, nested as wanted. */
export type AssetExpression = AssetLike | AssetAll | AssetAny;

abstract class AssetCondition {
  readonly objects: readonly AssetExpression[];

  constructor(caller: string, objects: readonly AssetExpression[]) {
    if (objects.length === 0) throw new TypeError(`${caller} takes at least one asset`);
    if (!objects.every(isAssetExpression)) {
      throw new TypeError(`${caller} takes assets, aliases, references and other conditions only`);
    }
    this.objects = Object.freeze([...objects]);
  }
}

/** Made by `assetAll`. */
export class AssetAll extends AssetCondition {
  readonly condition = "all";
}

/** Made by `assetAny`. */
export class AssetAny extends AssetCondition {
  readonly condition = "any";
}

/** Holds when each of the assets has an event; Python's `a & b`. */
export function assetAll(...objects: readonly AssetExpression[]): AssetAll {
  return new AssetAll("assetAll(...)", objects);
}

/** Holds when one of the assets has an event; Python's `a | b`. */
export function assetAny(...objects: readonly AssetExpression[]): AssetAny {
  return new AssetAny("assetAny(...)", objects);
}

export function isAssetLike(value: unknown): value is AssetLike {
  return [Asset, AssetAlias, AssetNameRef, AssetUriRef].some((type) => value instanceof type);
}

export function isAssetExpression(value: unknown): value is AssetExpression {
  return isAssetLike(value) || value instanceof AssetCondition;
}
