import { Asset, AssetNameRef } from "#sdk/asset.ts";
import { AssetAlias, type AssetLike, isAssetLike } from "#sdk/asset-expression.ts";
import { type AssetStateStore, type AssetStateStores, stateAddressOf } from "#sdk/asset-state.ts";
import type { AssetEvent, TaskClient } from "#sdk/client.ts";
import { jsonText } from "./json-text.ts";
import type { Answer, AssetEventsOf, Question } from "./messages.ts";

type Ask = (question: Question) => Promise<Answer>;

/** The part of the client that is about assets. */
export function createAssetClient(
  ask: Ask,
): Pick<TaskClient, "assetStateStore" | "getInletEvents" | "getTriggeringAssetEvents"> {
  return {
    assetStateStore: createStateStores(ask),
    async getInletEvents(inlet) {
      return readEvents(await ask({ about: "getAssetEvents", of: eventsOf(inlet) }));
    },
    async getTriggeringAssetEvents() {
      return readEvents(await ask({ about: "getAssetEvents", of: "run" }));
    },
  };
}

function createStateStores(ask: Ask): AssetStateStores {
  return {
    forAsset(asset): AssetStateStore {
      const address = stateAddressOf(asset);
      return {
        async get(key) {
          const text = await ask({ about: "getAssetState", asset: address, key: checkKey(key) });
          return text === null ? null : JSON.parse(text as string);
        },
        async set(key, value) {
          checkKey(key);
          if (value === null || value === undefined) {
            throw new TypeError("state store value must not be null or undefined");
          }
          const text = jsonText(value, `The state "${key}"`);
          const refusal = await ask({ about: "setAssetState", asset: address, key, value: text });
          if (refusal === null) return;
          throw new Error(`SetAssetStateStoreBy${"uri" in address ? "Uri" : "Name"} failed: ${refusal as string}`);
        },
        async delete(key) {
          await ask({ about: "deleteAssetState", asset: address, key: checkKey(key) });
        },
        async clear() {
          await ask({ about: "deleteAssetState", asset: address, key: null });
        },
      };
    },
  };
}

function checkKey(key: unknown): string {
  if (typeof key === "string" && key !== "") return key;
  throw new TypeError("state store key must be a non-empty string");
}

function eventsOf(inlet: AssetLike): AssetEventsOf {
  if (!isAssetLike(inlet)) throw new TypeError("getInletEvents() expects an Asset, an alias or a reference");
  if (inlet instanceof AssetAlias) return { alias: inlet.name };
  if (inlet instanceof Asset) return { name: inlet.name, uri: inlet.uri };
  return inlet instanceof AssetNameRef ? { name: inlet.name } : { uri: inlet.uri };
}

function readEvents(answer: Answer): AssetEvent[] {
  const events = JSON.parse(answer as string) as readonly (Omit<AssetEvent, "timestamp"> & { timestamp: string })[];
  return events.map((event) => ({ ...event, timestamp: new Date(event.timestamp) }));
}
