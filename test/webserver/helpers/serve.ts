import { once } from "node:events";
import { defaultConfig } from "#core/config/load.ts";
import type { AirflowConfigOverrides } from "#core/config/options.ts";
import type { Database } from "#core/database/connect.ts";
import { createLog, type Log } from "#core/log.ts";
import { runWebserver } from "#webserver/webserver.ts";
import { createTestDatabase } from "../../helpers/database.ts";

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly database: Database;
  /** Calls the API and gives the status and the JSON answer. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
  readonly text: string;
  readonly headers: Headers;
}

export interface ServeOptions {
  /** Its own log. @default errors, on standard error */
  readonly log?: Log;
  /** Gives the URL by which the server reaches its database. @default the database's */
  readonly reach?: (databaseUrl: string) => Promise<string>;
}

/** A web server on a database and a port of its own. */
export async function serve(overrides: AirflowConfigOverrides = {}, options: ServeOptions = {}): Promise<TestServer> {
  const { log = createLog("webserver", "ERROR"), reach = async (url: string) => url } = options;
  const { url: databaseUrl, database, ...owner } = await createTestDatabase();
  const config = defaultConfig({
    ...overrides,
    database: { sql_alchemy_conn: await reach(databaseUrl) },
    webserver: { authenticate: false, web_server_port: 0, dag_default_view: "graph", ...overrides.webserver },
  });
  const stop = new AbortController();
  const listening = new EventTarget();
  const told = once(listening, "url");
  const running = runWebserver({
    config,
    log,
    signal: stop.signal,
    onListening: (url) => listening.dispatchEvent(new CustomEvent("url", { detail: url })),
  });
  const [event] = (await Promise.race([told, running.then(() => [])])) as [CustomEvent<string>];
  const url = event.detail;
  return {
    url,
    database,
    async call(method, path, body, headers = {}) {
      const response = await fetch(url + path, {
        method,
        headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json");
      return { status: response.status, json: isJson ? JSON.parse(text) : undefined, text, headers: response.headers };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await owner[Symbol.asyncDispose]();
    },
  };
}
