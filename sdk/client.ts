import type { JsonValue } from "./json.ts";

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
  /** An XCom's value, or null when there is none. */
  getXCom<T extends JsonValue = JsonValue>(opts: GetXComOpts): Promise<T | null>;
  setXCom(opts: SetXComOpts): Promise<void>;
}
