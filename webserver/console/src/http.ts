import type { ErrorAnswer } from "../../protocol.ts";

/** A request that failed, with what the server says about it. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads JSON from the server. */
export function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>(path, { signal: signal ?? null });
}

/** Asks the server to change something. */
export function sendJson<T>(method: "POST" | "PUT" | "PATCH", path: string, body: unknown): Promise<T> {
  return request<T>(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** Asks the server to delete something. */
export function sendDelete(path: string): Promise<void> {
  return request<void>(path, { method: "DELETE" });
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(path, { ...init, headers: { Accept: "application/json", ...init.headers } });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new HttpError(response.status, describe(response, body as ErrorAnswer | undefined));
  return body as T;
}

function describe(response: Response, body: ErrorAnswer | undefined): string {
  const detail = body?.detail;
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) return detail.map((error) => `${error.loc.slice(1).join(".")}: ${error.msg}`).join("; ");
  return `The server answered ${response.status} ${response.statusText}`;
}
