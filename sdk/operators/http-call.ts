import type { ConnectionResult } from "../client.ts";
import { AirflowFailException } from "../errors.ts";
import { getClient, getContext } from "../task-scope.ts";
import { readExtra } from "./connection-extra.ts";

/** What an HTTP server answered; the body has been read whole. */
export interface HttpResponse {
  readonly url: string;
  readonly status: number;
  /** The words after the status, such as `Not Found`. */
  readonly reason: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  json(): unknown;
}

/** One request, as Airflow's HttpHook takes it. */
export interface HttpCall {
  readonly method: string;
  /** Null: the endpoint is a whole URL. */
  readonly connId: string | null;
  readonly endpoint: string;
  /** With GET the query, otherwise the body: a text as it is, an object as a form. */
  readonly data?: string | Readonly<Record<string, string | number | boolean>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds until an answer has to be there whole. @default none */
  readonly timeout?: number;
  /** @default true */
  readonly followRedirects?: boolean;
  /** Whether an answer of 400 and above is an error. @default true */
  readonly checkResponse?: boolean;
}

/** An answer of 400 or above. */
export class HttpError extends Error {
  override readonly name = "HttpErrorException";
  readonly response: HttpResponse;
  constructor(response: HttpResponse) {
    super(`${response.status}:${response.reason}`);
    this.response = response;
  }
}

/** Keys of a connection's `extra` that are settings of Airflow's HttpHook; all others are headers. */
const SETTINGS = new Set([
  "stream",
  "verify",
  "cert",
  "cookies",
  "timeout",
  "proxies",
  "proxy",
  "allow_redirects",
  "max_redirects",
  "trust_env",
  "check_response",
]);

/**
 * Sends a request and reads the answer. Logs what Airflow's HttpHook logs.
 * Throws {@link HttpError} for an answer of 400 or above, and what `fetch` throws when there is no answer.
 */
export async function callHttp(call: HttpCall): Promise<HttpResponse> {
  const { signal: aborted } = getContext();
  const target = await reach(call);
  const { method, data, timeout = target.timeout } = call;
  const url = new URL(target.url);
  let body: string | URLSearchParams | undefined;
  if (data !== undefined && method === "GET") addQuery(url, data);
  else if (data !== undefined && method !== "HEAD") body = typeof data === "string" ? data : formOf(data);
  console.log(`Sending '${method}' to url: ${url.href}`);
  const headers = { ...target.headers, ...call.headers };
  const redirect = (call.followRedirects ?? target.followRedirects) ? "follow" : "manual";
  const response = await fetchWithin(timeout, aborted, url, { method, body, headers, redirect });
  if ((call.checkResponse ?? target.checkResponse) && response.status >= 400) {
    console.error(`HTTP error: ${response.reason}`);
    if (method !== "GET" && method !== "HEAD") console.error(response.text);
    throw new HttpError(response);
  }
  return response;
}

async function fetchWithin(
  seconds: number | undefined,
  aborted: AbortSignal,
  url: URL,
  request: RequestInit & { readonly headers: Readonly<Record<string, string>> },
): Promise<HttpResponse> {
  const late = seconds === undefined ? undefined : AbortSignal.timeout(seconds * 1_000);
  const signal = late === undefined ? aborted : AbortSignal.any([aborted, late]);
  // The connection is closed: one that is kept would outlive the try.
  const headers = { ...request.headers, connection: "close" };
  try {
    return await readResponse(await fetch(url, { ...request, headers, signal }));
  } catch (error) {
    if (late?.aborted && !aborted.aborted) throw new Error(`${url.href} did not answer within ${seconds} s`);
    throw error;
  }
}

/** What a connection says of a request. */
interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout?: number;
  readonly followRedirects: boolean;
  readonly checkResponse: boolean;
}

async function reach({ connId, endpoint }: HttpCall): Promise<Target> {
  if (connId === null) return { url: checkUrl(endpoint), headers: {}, followRedirects: true, checkResponse: true };
  const connection = await getClient().getConnectionOrThrow(connId);
  const extra = readExtra(connection);
  const headers = Object.entries(extra).filter(([name]) => !SETTINGS.has(name));
  if (extra.verify === false) {
    throw new AirflowFailException(
      `Connection "${connId}" has verify false in its extra; Daisy always checks certificates: ` +
        "name the authority's file in NODE_EXTRA_CA_CERTS of the worker instead",
    );
  }
  return {
    url: checkUrl(joinUrl(baseUrl(connection), endpoint)),
    headers: {
      ...authorization(connection),
      ...Object.fromEntries(headers.map(([name, value]) => [name, `${value}`])),
    },
    timeout: typeof extra.timeout === "number" ? extra.timeout : undefined,
    followRedirects: extra.allow_redirects !== false,
    checkResponse: extra.check_response !== false,
  };
}

/** Airflow's rule: a host with a scheme is the whole base; otherwise the connection's schema is the scheme. */
function baseUrl({ host, schema, port }: ConnectionResult): string {
  const base = host?.includes("://") ? host : `${schema || "http"}://${host ?? ""}`;
  return port ? `${base}:${port}` : base;
}

function joinUrl(base: string, endpoint: string): string {
  const needsSlash = endpoint !== "" && !base.endsWith("/") && !endpoint.startsWith("/");
  return needsSlash ? `${base}/${endpoint}` : base + endpoint;
}

function checkUrl(url: string): string {
  if (URL.canParse(url) && /^https?:/i.test(url)) return url;
  throw new AirflowFailException(
    `"${url}" is no URL that begins with http:// or https://; a connection's host and the endpoint make one together`,
  );
}

function authorization({ login, password }: ConnectionResult): Record<string, string> {
  if (!login) return {};
  return { authorization: `Basic ${Buffer.from(`${login}:${password ?? ""}`).toString("base64")}` };
}

function addQuery(url: URL, data: NonNullable<HttpCall["data"]>): void {
  for (const [name, value] of typeof data === "string" ? new URLSearchParams(data) : formOf(data)) {
    url.searchParams.append(name, value);
  }
}

function formOf(data: Readonly<Record<string, string | number | boolean>>): URLSearchParams {
  return new URLSearchParams(Object.entries(data).map(([name, value]): [string, string] => [name, `${value}`]));
}

async function readResponse(answer: Response): Promise<HttpResponse> {
  const text = await answer.text();
  return {
    url: answer.url,
    status: answer.status,
    reason: answer.statusText,
    headers: Object.fromEntries(answer.headers),
    text,
    json: () => JSON.parse(text),
  };
}
