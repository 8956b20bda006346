import { once } from "node:events";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { AirflowConfig } from "#core/config/options.ts";
import { DaisyError } from "#core/errors.ts";
import type { Log } from "#core/log.ts";
import { refuseLogToken } from "#core/log-token.ts";
import { LOG_PART_BYTES } from "#core/task-logs.ts";

/** Lets a web server on another machine read the logs of this worker's tries. */
export interface LogServer extends AsyncDisposable {
  /** Where it can be asked. */
  readonly port: number;
}

/**
 * Serves `[logging] base_log_folder` as Airflow's workers do: `GET /log/<file>`, with a token in the header
 * `Authorization` that names the file, and `Range` for a part of it. Undefined when `[logging] worker_log_server_host`
 * is empty. Another worker of this machine that has the port serves the folder for both.
 * @throws {DaisyError} LOG_SERVER_OPEN without a `[api] secret_key`
 */
export async function startLogServer(config: AirflowConfig, log: Log): Promise<LogServer | undefined> {
  const { worker_log_server_host: host, worker_log_server_port: port, base_log_folder: folder } = config.logging;
  if (host === "") return undefined;
  const { secret_key: secretKey } = config.api;
  const { log_request_clock_grace: leeway } = config.webserver;
  if (secretKey === "") throw new DaisyError("LOG_SERVER_OPEN");
  const server = createServer((request, response) => {
    answer(request, response, { folder, secretKey, leeway, log }).catch((error: Error) => {
      log.warning(`A log could not be served: ${error.message}`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    log.info(`Port ${port} is in use; the logs of this worker are read from there`);
    return { port, async [Symbol.asyncDispose]() {} };
  }
  const { port: bound } = server.address() as AddressInfo;
  log.info(`Serving logs at ${host}:${bound}`);
  return { port: bound, [Symbol.asyncDispose]: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

interface Served {
  readonly folder: string;
  readonly secretKey: string;
  readonly leeway: number;
  readonly log: Log;
}

async function answer(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const filename = fileOf(request);
  if (request.method !== "GET" || filename === undefined) return void response.writeHead(404).end();
  const { authorization } = request.headers;
  const refusal =
    authorization === undefined
      ? "the header Authorization is missing"
      : refuseLogToken(served.secretKey, authorization, filename, served.leeway);
  if (refusal !== undefined) {
    served.log.warning(`Refused to serve the log ${filename}: ${refusal}`);
    return void response.writeHead(403, { "content-type": "text/plain; charset=utf-8" }).end(refusal);
  }
  const file = await openInside(served.folder, filename);
  if (file === undefined) return void response.writeHead(404).end();
  try {
    await sendPart(file, request.headers.range, response);
  } finally {
    await file.close();
  }
}

/** The file that a request names; undefined when it names none. */
function fileOf({ url = "" }: IncomingMessage): string | undefined {
  const match = /^\/log\/([^?]+)$/.exec(url);
  try {
    return match === null ? undefined : decodeURIComponent(match[1]!);
  } catch {
    return undefined;
  }
}

/** Opens a file below a folder; undefined when there is none, or when a link or `..` leads out of it. */
async function openInside(folder: string, filename: string): Promise<FileHandle | undefined> {
  if (filename.includes("\0")) return undefined;
  const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, filename))]).catch(() => []);
  if (root === undefined || path === undefined || !path.startsWith(`${root}${sep}`)) return undefined;
  const file = await open(path).catch(() => undefined);
  if (file === undefined || (await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

const RANGE = /^bytes=(\d{1,15})-(\d{0,15})$/;

/** Sends what a `Range` header asks for, at most a mebibyte of it; without one all, as Airflow's web server wants it. */
async function sendPart(file: FileHandle, range: string | undefined, response: ServerResponse): Promise<void> {
  const { size } = await file.stat();
  const asked = RANGE.exec(range ?? "");
  if (asked === null) {
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "content-length": size });
    // Not beyond what was announced: the log may grow meanwhile.
    const text = size === 0 ? [] : file.createReadStream({ start: 0, end: size - 1, autoClose: false });
    return pipeline(text, response);
  }
  const from = Number(asked[1]);
  if (from >= size) return void response.writeHead(416, { "content-range": `bytes */${size}` }).end();
  const to = Math.min(asked[2] === "" ? size - 1 : Number(asked[2]), size - 1, from + LOG_PART_BYTES - 1);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(to - from + 1, 0)), 0, undefined, from);
  response.writeHead(206, {
    "content-type": "text/plain; charset=utf-8",
    "content-range": `bytes ${from}-${from + bytesRead - 1}/${size}`,
    "content-length": bytesRead,
  });
  response.end(buffer.subarray(0, bytesRead));
}
