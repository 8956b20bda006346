import { once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** Requests that take longer than this to finish are cut off, in milliseconds. */
const PATIENCE_MS = 3_000;

/**
 * Watches a server's requests, and gives the function that ends it: no new ones are taken, those that are being
 * answered finish, and connections that browsers hold open for later do not hold it up. May be called twice.
 */
export function prepareDrain(http: Server): () => Promise<void> {
  const unanswered = new Set<ServerResponse>();
  http.on("request", (_request, response) => {
    unanswered.add(response);
    response.once("close", () => unanswered.delete(response));
  });
  return async () => {
    if (!http.listening) return;
    const closed = once(http, "close");
    http.close();
    const answered = Promise.all([...unanswered].map((response) => once(response, "close")));
    const enough = new AbortController();
    await Promise.race([answered, sleep(PATIENCE_MS, undefined, { signal: enough.signal }).catch(() => undefined)]);
    enough.abort();
    http.closeAllConnections();
    await closed;
  };
}
