import pg from "pg";

/*
 * Connections whose server has fallen silent without closing them, as a firewall, a pulled cable or a stopped machine
 * leaves them. TCP alone would wait for a quarter of an hour. What used a connection that is cut fails as when the
 * server had closed it, and what comes after it has a new one.
 */

/** How often the connections that are in use are looked at. */
const LOOK_EVERY_MS = 1_000;

interface Watched {
  isInUse: boolean;
  /** What had been read of it when it was last looked at. */
  bytes: number;
  /** When that was found, or when it came in use; of `performance.now()`. */
  since: number;
}

/** What cuts its silent connections, by the server's URL. */
const suspicious = new Map<string, Set<() => void>>();

/**
 * From now on calls back when a server did not answer in time, to a statement with a limit of its own (`answeredWithin`)
 * or to a new connection: with it fall all of this process's connections to that server that are silent too, and the idle
 * ones, of which nobody can tell.
 * What is returned ends that.
 */
export function onUnanswered(url: string, cut: () => void): () => void {
  const ofServer = suspicious.get(url) ?? new Set();
  suspicious.set(url, ofServer.add(cut));
  return () => {
    ofServer.delete(cut);
    if (ofServer.size === 0) suspicious.delete(url);
  };
}

/** Calls back everybody who asked to be told that a server is silent. */
function suspect(url: string): void {
  for (const cut of suspicious.get(url) ?? []) cut();
}

/** How long a server may take to answer to a new connection. */
const ANSWER_WITHIN_MS = 5_000;

/**
 * A pool's client of a server that, when it does not answer to a new connection, counts as silent (`onUnanswered`): what
 * is to be answered soon may have to connect first.
 */
export function watchedClient(url: string): new (config?: pg.ClientConfig) => pg.Client {
  return class extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config);
      // A pool connects a client as soon as it has made it.
      const timer = setTimeout(() => {
        suspect(url);
        cutOff(this);
      }, ANSWER_WITHIN_MS);
      for (const sign of ["connect", "end", "error"]) this.once(sign, () => clearTimeout(timer));
    }
  };
}

/** Cuts a pool's connections that have been in use for so long without a byte from the server. */
export function cutSilentConnections(pool: pg.Pool, url: string, limitMs: number): void {
  const watched = new Map<pg.PoolClient, Watched>();
  pool.on("connect", (client) => watched.set(client, { isInUse: false, bytes: 0, since: 0 }));
  pool.on("remove", (client) => watched.delete(client));
  pool.on("acquire", (client) => {
    const its = watched.get(client);
    if (its) Object.assign(its, { isInUse: true, bytes: bytesRead(client), since: performance.now() });
  });
  pool.on("release", (error, client) => {
    const its = watched.get(client);
    if (its === undefined) return;
    its.isInUse = false;
    if (isUnanswered(error)) suspect(url);
  });
  const forget = onUnanswered(url, () => {
    for (const [client, { isInUse, bytes }] of watched) if (!isInUse || bytesRead(client) === bytes) cutOff(client);
  });
  const timer = setInterval(() => {
    if (pool.ended) {
      // Those that still wait for the server's last word would keep the process alive.
      for (const client of watched.keys()) cutOff(client);
      forget();
      return clearInterval(timer);
    }
    const now = performance.now();
    for (const [client, its] of watched) {
      if (!its.isInUse) continue;
      const bytes = bytesRead(client);
      if (bytes !== its.bytes) Object.assign(its, { bytes, since: now });
      else if (now - its.since > limitMs) cutOff(client);
    }
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** Breaks a connection at once, without a word to the server, which may not hear it. */
export function cutOff(client: pg.ClientBase): void {
  streamOf(client)?.destroy(new Error("Connection terminated: the server has been silent"));
}

/** Whether an error tells that a statement's `query_timeout` was over, in `pg`'s words. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}

interface Stream {
  readonly bytesRead: number;
  destroy(error: Error): void;
}

/** The socket under a connection, which `pg` has and its types do not show of every client. */
function streamOf(client: pg.ClientBase): Stream | undefined {
  return (client as unknown as { connection?: { stream?: Stream } }).connection?.stream;
}

function bytesRead(client: pg.ClientBase): number {
  return streamOf(client)?.bytesRead ?? 0;
}
