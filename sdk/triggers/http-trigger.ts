import type { SerializedTrigger } from "./trigger.ts";

export interface HttpTriggerOptions {
  readonly url: string;
  /** @default "GET" */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with methods that have one. */
  readonly body?: string;
  /** The statuses that end the wait. @default 200 to 399 */
  readonly statuses?: readonly number[];
  /** Statuses that mean "not yet"; any other fails the task. @default [404] */
  readonly notYetStatuses?: readonly number[];
  /** Seconds between two requests. @default 60 */
  readonly pollInterval?: number;
}

/**
 * Waits until a server answers with a status; resumes with it. It is kept in the database as it is, so it is no place
 * for secrets.
 */
export function httpTrigger(options: HttpTriggerOptions): SerializedTrigger {
  const { url, method = "GET", headers = {}, body, statuses, notYetStatuses = [404], pollInterval = 60 } = options;
  return {
    kind: "http",
    kwargs: {
      url,
      method,
      headers: { ...headers },
      body: body ?? null,
      statuses: statuses === undefined ? null : [...statuses],
      notYetStatuses: [...notYetStatuses],
      pollInterval,
    },
  };
}

const LONGEST_REQUEST_MS = 30_000;

/** Asks once, for the triggerer; undefined: not yet. Throws for a status that is neither; no answer is "not yet". */
export async function pollHttp(kwargs: SerializedTrigger["kwargs"], signal: AbortSignal): Promise<number | undefined> {
  const { url, method, headers, body } = kwargs as {
    url: string;
    method: string;
    headers: Record<string, string>;
    body: string | null;
  };
  const whole = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_REQUEST_MS)]);
  const response = await fetch(url, { method, headers, body, signal: whole }).catch(() => undefined);
  if (response === undefined) return undefined;
  await response.body?.cancel();
  const { status } = response;
  const wanted = kwargs.statuses as readonly number[] | null;
  if (wanted === null ? status >= 200 && status < 400 : wanted.includes(status)) return status;
  if ((kwargs.notYetStatuses as readonly number[]).includes(status)) return undefined;
  throw new Error(`${status}:${response.statusText}`);
}
