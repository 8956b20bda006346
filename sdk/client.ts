import type { AssetLike } from "./asset-expression.ts";
import type { AssetStateStores } from "./asset-state.ts";
import type { JsonValue } from "./json.ts";
import type { AssetEventExtra } from "./outlet-events.ts";

export interface GetXComOpts {
  key: string;
  dagId?: string;
  runId?: string;
  taskId?: string;
  mapIndex?: number | null;
  /** Also look at earlier runs. @default false */
  includePriorDates?: boolean;
}

export interface SetXComOpts {
  key: string;
  value: JsonValue;
  dagId?: string;
  runId?: string;
  taskId?: string;
  mapIndex?: number | null;
}

export interface ConnectionResult {
  id: string;
  type: string;
  host?: string | null;
  schema?: string | null;
  login?: string | null;
  password?: string | null;
  port?: number | null;
  extra?: string | null;
}

/** That an asset was brought up to date. */
export interface AssetEvent {
  readonly asset: { readonly name: string; readonly uri: string; readonly group: string };
  readonly extra: AssetEventExtra;
  readonly timestamp: Date;
  /** The task instance that did it; null for an event that a user made. */
  readonly sourceDagId: string | null;
  readonly sourceRunId: string | null;
  readonly sourceTaskId: string | null;
  readonly sourceMapIndex: number;
  /** The names of the aliases that the event came under. */
  readonly aliases: readonly string[];
}

/** What a running task may ask Daisy for; locators default to the running task. */
export interface TaskClient {
  /** A variable's value, or null when there is none. */
  getVariable(key: string): Promise<string | null>;
  getVariableOrThrow(key: string): Promise<string>;
  /** Stores a variable; an omitted description clears the stored one. */
  setVariable(key: string, value: string, description?: string | null): Promise<void>;
  deleteVariable(key: string): Promise<void>;
  getConnection(connId: string): Promise<ConnectionResult | null>;
  getConnectionOrThrow(connId: string): Promise<ConnectionResult>;
  /** See `maskSecret`. */
  maskSecret(secret: JsonValue, name?: string | null): Promise<void>;
  /** An XCom's value, or null when there is none. */
  getXCom<T = JsonValue>(opts: GetXComOpts): Promise<T | null>;
  setXCom(opts: SetXComOpts): Promise<void>;
  /** Values that belong to assets. */
  readonly assetStateStore: AssetStateStores;
  /** All events of an asset, or of what was added to an alias, the oldest first. */
  getInletEvents(inlet: AssetLike): Promise<AssetEvent[]>;
  /** The events that the run was created for, the oldest first; none for a run that something else created. */
  getTriggeringAssetEvents(): Promise<AssetEvent[]>;
}
