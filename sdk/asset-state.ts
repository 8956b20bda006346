import { Asset, AssetNameRef, type AssetRef, AssetUriRef } from "./asset.ts";
import type { JsonValue } from "./json.ts";

/** Values that belong to an asset: they outlive runs and never expire. */
export interface AssetStateStore {
  /** Null when there is none, and for an asset that no DAG refers to. */
  get<T = JsonValue>(key: string): Promise<T | null>;
  set(key: string, value: Exclude<JsonValue, null>): Promise<void>;
  /** Resolves as well when there is none. */
  delete(key: string): Promise<void>;
  /** Deletes all values of the asset. */
  clear(): Promise<void>;
}

export interface AssetStateStores {
  /** An `Asset` and a reference by name mean the asset of that name, a reference by URI the one at that URI. */
  forAsset(asset: Asset | AssetRef): AssetStateStore;
}

/** How an asset is found: the one with the name, or the one at the URI. */
export type AssetAddress = { readonly name: string } | { readonly uri: string };

/** @throws TypeError for anything but an asset or a reference */
export function stateAddressOf(asset: unknown): AssetAddress {
  if (asset instanceof AssetUriRef) return { uri: asset.uri };
  if (asset instanceof Asset || asset instanceof AssetNameRef) return { name: asset.name };
  throw new TypeError("forAsset() expects an Asset or a reference from Asset.ref()");
}
