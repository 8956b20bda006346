import { Asset, AssetNameRef, type AssetRef, AssetUriRef } from "./asset.ts";
import { AssetAlias, type AssetLike } from "./asset-expression.ts";
import { findNonJson, isPlainObject, type JsonValue } from "./json.ts";

/** What an event says beyond that the asset is up to date; plain JSON. */
export type AssetEventExtra = Readonly<Record<string, JsonValue>>;

/** An event that a task has for an asset: emitted when the task succeeds. */
export interface AssetEventToEmit {
  /** Both the name and the URI, or one of them: the active asset that it means. */
  readonly name?: string;
  readonly uri?: string;
  /** For an asset that is not known yet, as those added to an alias may be. */
  readonly group?: string;
  readonly assetExtra?: AssetEventExtra;
  readonly extra?: AssetEventExtra;
  /** The names of the aliases that it was added to. */
  readonly aliases?: readonly string[];
}

/** The event that an outlet is about to get. */
export interface OutletEvent {
  /** Told with the event; assigning replaces it. @default {} */
  extra: AssetEventExtra;
}

/** The events that an alias among the outlets is about to bring about. */
export interface AliasEvents {
  /** Lets an asset have an event under the alias; one that nobody has declared is created. */
  add(asset: Asset, extra?: AssetEventExtra): void;
}

/** The events of the running task's outlets, `getContext().outletEvents` (Python's `outlet_events`). */
export interface OutletEvents {
  /** @throws when the asset is not one of the task's outlets */
  (outlet: Asset | AssetRef): OutletEvent;
  (outlet: AssetAlias): AliasEvents;
}

/** Gathers what a task says of its outlets' events. `collect` gives them all, for when it has succeeded. */
export function gatherOutletEvents(
  taskId: string,
  outlets: readonly AssetLike[],
): { readonly outletEvents: OutletEvents; collect(): AssetEventToEmit[] } {
  const events = new Map<string, OutletEvent>();
  const added = new Map<string, AssetEventToEmit>();
  for (const outlet of outlets) if (!(outlet instanceof AssetAlias)) events.set(keyOf(outlet), outletEvent());
  const outletEvents = (outlet: AssetLike): OutletEvent | AliasEvents => {
    if (!outlets.some((declared) => keyOf(declared) === keyOf(outlet))) {
      throw new Error(`outletEvents(...) takes one of the outlets of task "${taskId}", not ${keyOf(outlet)}`);
    }
    if (!(outlet instanceof AssetAlias)) return events.get(keyOf(outlet))!;
    return {
      add(asset, extra = {}) {
        if (!(asset instanceof Asset)) throw new TypeError("outletEvents(alias).add(...) takes an Asset");
        checkExtra(extra);
        // As in Python, one asset that is added with the same extra under several aliases has one event.
        const key = JSON.stringify([asset.name, asset.uri, extra]);
        const aliases = [...(added.get(key)?.aliases ?? []), outlet.name];
        const { name, uri, group, extra: assetExtra } = asset;
        added.set(key, { name, uri, group, assetExtra, extra, aliases: [...new Set(aliases)] });
      },
    };
  };
  const collect = () => [
    ...outlets.flatMap((outlet) => {
      if (outlet instanceof AssetAlias) return [];
      return [{ ...addressOf(outlet), extra: events.get(keyOf(outlet))!.extra }];
    }),
    ...added.values(),
  ];
  return { outletEvents: outletEvents as OutletEvents, collect };
}

function outletEvent(): OutletEvent {
  let extra: AssetEventExtra = {};
  return {
    get extra() {
      return extra;
    },
    set extra(value) {
      checkExtra(value);
      extra = value;
    },
  };
}

function addressOf(outlet: Asset | AssetRef): { name?: string; uri?: string } {
  if (outlet instanceof AssetNameRef) return { name: outlet.name };
  if (outlet instanceof AssetUriRef) return { uri: outlet.uri };
  return { name: outlet.name, uri: outlet.uri };
}

/** Also what messages call it. */
function keyOf(outlet: AssetLike): string {
  if (outlet instanceof AssetAlias) return `the alias ${JSON.stringify(outlet.name)}`;
  if (outlet instanceof AssetNameRef) return `the asset named ${JSON.stringify(outlet.name)}`;
  if (outlet instanceof AssetUriRef) return `the asset at ${JSON.stringify(outlet.uri)}`;
  return `the asset ${JSON.stringify(outlet.name)} at ${JSON.stringify(outlet.uri)}`;
}

function checkExtra(extra: unknown): void {
  if (!isPlainObject(extra)) throw new TypeError("The extra of an asset event must be an object");
  const wrong = findNonJson(extra);
  if (wrong !== undefined) throw new TypeError(`The extra of an asset event holds ${wrong}, which JSON cannot carry`);
}
