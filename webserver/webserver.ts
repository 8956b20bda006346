import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import type { AirflowConfig } from "#core/config/options.ts";
import { connect, type Database } from "#core/database/connect.ts";
import { recordHeartbeat, recordJobEnd } from "#core/database/jobs.ts";
import { listen } from "#core/database/notifications.ts";
import { untilWritten } from "#core/database/patience.ts";
import { type Duty, pauseFor, runDuties } from "#core/duty.ts";
import { DaisyError } from "#core/errors.ts";
import type { Log } from "#core/log.ts";
import { uuid7 } from "#core/uuid7.ts";
import { createApp } from "./api/app.ts";
import { createFileTokens } from "./api/file-token.ts";
import { isLoopback } from "./api/guard.ts";
import { LiveViews } from "./api/live-views.ts";
import { ParseRequests } from "./api/parse-requests.ts";
import { prepareDrain } from "./drain.ts";

export interface WebserverOptions {
  readonly config: AirflowConfig;
  readonly log: Log;
  /** Stops the server: open streams end, requests that are being answered finish. */
  readonly signal: AbortSignal;
  /** @default `[webserver] web_server_host` */
  readonly host?: string;
  /** 0 takes any free port. @default `[webserver] web_server_port` */
  readonly port?: number;
  /** Told where the console is, once it answers. */
  readonly onListening?: (url: string) => void;
}

/**
 * Serves the API and the console until the signal aborts. Throws DaisyError when the port is in use (PORT_IN_USE) or
 * the settings ask for a login or would show the console to other machines (WEBSERVER_NO_LOGIN, WEBSERVER_OPEN_HOST).
 * A database that goes away is waited for. DAG files are never loaded here.
 */
export async function runWebserver(options: WebserverOptions): Promise<void> {
  const { config, log, signal } = options;
  const host = options.host ?? config.webserver.web_server_host;
  const port = options.port ?? config.webserver.web_server_port;
  checkAccess(config, host);
  const db = connect(config.database.sql_alchemy_conn, {
    maxConnections: config.database.sql_alchemy_pool_size,
    applicationName: "daisy-webserver",
  });
  const liveViews = new LiveViews();
  const parseRequests = new ParseRequests();
  const fileTokens = createFileTokens(config.api.secret_key);
  const http = createServer(createApp({ db, config, log, signal, fileTokens, liveViews, parseRequests }));
  const drain = prepareDrain(http);
  try {
    await bind(http, host, port);
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${(http.address() as AddressInfo).port}`;
    log.info(`Listening at ${url}`);
    options.onListening?.(url);
    await runDuties([watchDatabase(config, log, liveViews, parseRequests), heartbeat(db, config, log)], log, signal);
  } finally {
    liveViews.close();
    await drain();
    await db.end();
  }
}

/** Nobody can log in yet, so the console is shown only where that is asked for, and only to this machine. */
function checkAccess(config: AirflowConfig, host: string): void {
  if (config.webserver.authenticate) throw new DaisyError("WEBSERVER_NO_LOGIN");
  if (!isLoopback(host)) throw new DaisyError("WEBSERVER_OPEN_HOST", host);
}

async function bind(http: HttpServer, host: string, port: number): Promise<void> {
  http.listen(port, host.replace(/^\[(.*)\]$/, "$1"));
  await once(http, "listening").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") throw new DaisyError("PORT_IN_USE", port, "--port");
    throw error;
  });
}

function watchDatabase(config: AirflowConfig, log: Log, liveViews: LiveViews, parseRequests: ParseRequests): Duty {
  return {
    name: "Watching the database",
    run: (signal) =>
      listen(
        config.database.sql_alchemy_conn,
        ["daisy_view", "daisy_parsed"],
        {
          onNotification: (channel, payload) => {
            if (channel === "daisy_parsed") parseRequests.notified(payload);
            else liveViews.notified(payload);
          },
          onListening: () => liveViews.changedAll(),
        },
        log,
        signal,
      ),
  };
}

/** Shows the process in the table of jobs while it runs. */
function heartbeat(db: Database, config: AirflowConfig, log: Log): Duty {
  const job = { id: uuid7(), jobType: "WebserverJob", hostname: hostname(), pid: process.pid } as const;
  return {
    name: "Heartbeat",
    async run(signal) {
      while (!signal.aborted) {
        await untilWritten(() => recordHeartbeat(db, job), log, signal);
        await pauseFor(config.scheduler.job_heartbeat_sec * 1000, signal);
      }
      await recordJobEnd(db, job.id, "success");
    },
  };
}
