import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { pauseFor } from "#core/duty.ts";
import { DaisyError } from "#core/errors.ts";
import type { Log } from "#core/log.ts";
import { findEmbeddedPostgres, isEmbeddedPostgresPresent, startEmbeddedPostgres } from "./embedded-postgres.ts";
import { findPrivateRedis, findRedisServer, startPrivateRedis } from "./private-redis.ts";

/*
 * PostgreSQL and Redis of one AIRFLOW_HOME, shared by every process that needs them: the first one starts them, the
 * last one stops them, whether that is `airflow standalone`, one of its parts, or an `airflow list_dags` in between.
 *
 * Nobody owns the servers, so nobody's death leaves them without an owner. What tells who uses them is PostgreSQL
 * itself, which forgets the locks of a process that is killed:
 * - whoever uses the services holds a shared advisory lock on a connection of its own;
 * - whoever leaves gives it up and tries for the exclusive one: who gets it is the last, and stops the servers;
 * - whoever comes while that happens is refused the shared lock, waits for the end, and starts the servers anew.
 * When several start PostgreSQL at once, its own lock file lets one through and the others use that one's.
 * After a kill -9 of every process at once the servers stay until the next one has come and gone.
 */

/** Any numbers, as long as every Daisy process takes the same ones. */
const USERS_LOCK = 5_270_412;
const REDIS_LOCK = 5_270_413;
const ENTER_TIMEOUT_MS = 90_000;
/** Starts that may fail before the server itself is to blame. */
const MOST_LOST_RACES = 5;

export interface SharedServices {
  readonly databaseUrl: string;
  /** Undefined when no queue was asked for or this machine has no redis-server. */
  readonly brokerUrl: string | undefined;
  /** Says that this process no longer needs them; the last one to do so stops them. May be called twice. */
  release(): Promise<void>;
}

export interface ShareServicesOptions {
  /** AIRFLOW_HOME; the servers live in its folders `postgres` and `redis`. */
  readonly home: string;
  /** Whether Redis is needed too. */
  readonly queue: boolean;
  readonly log: Log;
}

/**
 * The services of an AIRFLOW_HOME, started if need be. As long as they are not released, a server that dies is started
 * again on the same port, so that the URLs stay true.
 * @throws {DaisyError} SERVICE_FAILED
 */
export async function shareServices(options: ShareServicesOptions): Promise<SharedServices> {
  const { log } = options;
  let entered = await enter(options);
  const { databaseUrl, brokerUrl } = entered;
  const released = new AbortController();
  const healing = heal();

  async function heal(): Promise<void> {
    while (!released.signal.aborted) {
      await entered.broken(released.signal);
      if (released.signal.aborted) return;
      log.warning("PostgreSQL or Redis went away; starting it again");
      await entered.abandon();
      entered = await enterAgain();
    }
  }

  async function enterAgain(): Promise<Entered> {
    for (;;) {
      try {
        return await enter(options, { databaseUrl, brokerUrl });
      } catch (error) {
        log.error("The services do not start again; trying once more", error);
        await pauseFor(1_000, released.signal);
        if (released.signal.aborted) throw error;
      }
    }
  }

  let releasing: Promise<void> | undefined;
  return {
    databaseUrl,
    brokerUrl,
    release() {
      released.abort();
      releasing ??= healing.then(
        () => leave(options.home, entered),
        () => undefined,
      );
      return releasing;
    },
  };
}

interface Entered {
  readonly client: pg.Client;
  readonly databaseUrl: string;
  readonly brokerUrl: string | undefined;
  /** Resolves when a server has gone, or the signal aborts. */
  broken(signal: AbortSignal): Promise<void>;
  /** Closes the connections, without a look at whether others use the servers. */
  abandon(): Promise<void>;
}

type Urls = Pick<Entered, "databaseUrl" | "brokerUrl">;

/** @param same the URLs that have to be true again. Free ones when absent */
async function enter(options: ShareServicesOptions, same?: Urls): Promise<Entered> {
  const { home, queue, log } = options;
  await mkdir(home, { recursive: true });
  const { client, databaseUrl } = await enterDatabase(path.join(home, "postgres"), log, portOf(same?.databaseUrl));
  const gone = new AbortController();
  client.once("end", () => gone.abort());
  try {
    const brokerUrl = queue
      ? await enterQueue(client, path.join(home, "redis"), log, portOf(same?.brokerUrl))
      : undefined;
    const closeWatch = brokerUrl ? watch(brokerUrl, () => gone.abort()) : () => undefined;
    return {
      client,
      databaseUrl,
      brokerUrl,
      broken: (signal) => aborted(AbortSignal.any([gone.signal, signal])),
      async abandon() {
        closeWatch();
        await client.end().catch(() => undefined);
      },
    };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw new DaisyError("SERVICE_FAILED", "Redis", (error as Error).message);
  }
}

async function enterDatabase(
  folder: string,
  log: Log,
  port: number | undefined,
): Promise<{ client: pg.Client; databaseUrl: string }> {
  const deadline = Date.now() + ENTER_TIMEOUT_MS;
  const failures: Error[] = [];
  while (Date.now() < deadline) {
    const running = findEmbeddedPostgres(folder);
    const client = running && (await tryToUse(running.url));
    if (client) return { client, databaseUrl: running.url };
    if (isEmbeddedPostgresPresent(folder)) {
      // Starting or stopping; either passes.
      await sleep(50);
      continue;
    }
    try {
      await startEmbeddedPostgres({ folder, log, ...(port !== undefined && { port }) });
    } catch (error) {
      // To be expected when other processes start and stop it at the same time, but not again and again.
      failures.push(error as Error);
      if (failures.length === MOST_LOST_RACES) break;
      await sleep(100);
    }
  }
  throw new DaisyError("SERVICE_FAILED", "PostgreSQL", failures.at(-1)?.message ?? "another process keeps stopping it");
}

/** A connection that holds the users' lock, or undefined when the server takes no more users. */
async function tryToUse(url: string): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "daisy-user",
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // "end" follows, and that is what is watched.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ got: boolean }>("select pg_try_advisory_lock_shared($1) as got", [
      USERS_LOCK,
    ]);
    if (rows[0]!.got) return client;
  } catch {
    // Refused while it starts or stops.
  }
  await client.end().catch(() => undefined);
  return undefined;
}

async function enterQueue(
  client: pg.Client,
  folder: string,
  log: Log,
  port: number | undefined,
): Promise<string | undefined> {
  const binary = findRedisServer();
  if (binary === undefined) return undefined;
  await client.query("select pg_advisory_lock($1)", [REDIS_LOCK]);
  try {
    const running = await findPrivateRedis(folder);
    return (running ?? (await startPrivateRedis({ binary, folder, log, ...(port !== undefined && { port }) }))).url;
  } finally {
    await client.query("select pg_advisory_unlock($1)", [REDIS_LOCK]);
  }
}

async function leave(home: string, entered: Entered): Promise<void> {
  const { client } = entered;
  try {
    await client.query("select pg_advisory_unlock_shared($1)", [USERS_LOCK]);
    const { rows } = await client.query<{ got: boolean }>("select pg_try_advisory_lock($1) as got", [USERS_LOCK]);
    if (!rows[0]!.got) return;
    await (await findPrivateRedis(path.join(home, "redis")))?.stop();
    await findEmbeddedPostgres(path.join(home, "postgres"))?.stop();
  } catch {
    // The server has gone already.
  } finally {
    await entered.abandon();
  }
}

/** Calls back when the server closes the connection; the function returned ends the watch. */
function watch(url: string, onClose: () => void): () => void {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), keepAlive: true });
  socket.on("error", () => undefined);
  socket.once("close", onClose);
  return () => {
    socket.off("close", onClose);
    socket.destroy();
  };
}

function portOf(url: string | undefined): number | undefined {
  return url === undefined ? undefined : Number(new URL(url).port);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
