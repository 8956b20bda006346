import type { AirflowConfig } from "#core/config/options.ts";
import { signLogToken } from "#core/log-token.ts";
import { LOG_PART_BYTES, type TaskLogPart, wholeCharacters } from "#core/task-logs.ts";

/** A log server of a worker. */
export interface LogHost {
  readonly hostname: string;
  readonly port: number;
}

/**
 * Reads a part of a log from the worker that wrote it; undefined when the worker has no such file.
 * @param filename below the worker's log folder
 * @throws with the reason, when the worker cannot be reached or refuses
 */
export async function readServedLog(
  { hostname, port }: LogHost,
  filename: string,
  offset: number,
  { api, webserver }: Pick<AirflowConfig, "api" | "webserver">,
): Promise<TaskLogPart | undefined> {
  const { log_request_clock_grace: seconds, log_fetch_timeout_sec: patience } = webserver;
  if (api.secret_key === "") throw new Error("[api] secret_key is not set; it must be the worker's");
  const path = filename.split("/").map(encodeURIComponent).join("/");
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const answer = await fetch(`http://${host}:${port}/log/${path}`, {
    headers: {
      authorization: signLogToken(api.secret_key, filename, seconds),
      range: `bytes=${offset}-${offset + LOG_PART_BYTES - 1}`,
    },
    redirect: "error",
    signal: AbortSignal.timeout(patience * 1_000),
  }).catch((error: Error & { cause?: Error }) => {
    throw new Error(`${host}:${port} cannot be reached: ${error.cause?.message || error.message}`);
  });
  const size = Number(/\/(\d+)$/.exec(answer.headers.get("content-range") ?? "")?.[1]);
  if (answer.status === 206 && Number.isSafeInteger(size)) {
    const whole = wholeCharacters(Buffer.from(await answer.arrayBuffer()));
    return { text: whole.toString("utf8"), offset: offset + whole.length, size };
  }
  const text = await answer.text();
  if (answer.status === 416 && Number.isSafeInteger(size)) return { text: "", offset: size, size };
  if (answer.status === 404) return undefined;
  throw new Error(`${host}:${port} answered ${answer.status}${text === "" ? "" : `: ${text.slice(0, 300)}`}`);
}
