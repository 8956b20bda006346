import type { Request, Response } from "express";
import type { AirflowConfig } from "#core/config/options.ts";
import type { Database } from "#core/database/connect.ts";
import type { Log } from "#core/log.ts";
import type { FileTokens } from "./file-token.ts";
import type { LiveViews } from "./live-views.ts";
import type { ParseRequests } from "./parse-requests.ts";

/** What every handler may use. */
export interface Server {
  readonly db: Database;
  readonly config: AirflowConfig;
  readonly log: Log;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  readonly fileTokens: FileTokens;
  readonly liveViews: LiveViews;
  readonly parseRequests: ParseRequests;
}

/** One request, as a handler sees it. */
export interface Call {
  readonly server: Server;
  /** The parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** The parsed JSON body; undefined when there was none. */
  readonly body: unknown;
  readonly request: Request;
  readonly response: Response;
}

export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** Answers a call: what it returns is sent as JSON, unless it has answered itself. */
export type Handler = (call: Call) => Promise<unknown>;
