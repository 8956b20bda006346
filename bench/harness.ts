import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connect, type Database } from "#core/database/connect.ts";
import { createLog } from "#core/log.ts";
import { migrate } from "#setup/migrate.ts";
import { startEmbeddedPostgres } from "#setup/services/embedded-postgres.ts";
import { findRedisServer, startPrivateRedis } from "#setup/services/private-redis.ts";

const AIRFLOW = fileURLToPath(new URL("../cli/bin/airflow.js", import.meta.url));
const POLL_MS = 20;
/** `BENCH_SCHEDULERS=2` shows what a second scheduler costs or brings. */
const SCHEDULERS = Number(process.env.BENCH_SCHEDULERS ?? 1);

/** A Daisy of the benchmark's own: real servers with their durable settings, and each process as users start it. */
export interface Bench extends AsyncDisposable {
  readonly home: string;
  readonly database: Database;
  readonly services: Services;
  /** What a command of Daisy's needs in its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** The first of the schedulers. */
  readonly scheduler: ChildProcess;
  readonly schedulers: readonly ChildProcess[];
  readonly workers: readonly ChildProcess[];
  /** Starts one more process of Daisy's, such as `start("scheduler")`; it ends with the bench. */
  start(...args: string[]): ChildProcess;
  /** The same with settings of its own, as `AIRFLOW__SECTION__KEY`. */
  startWith(settings: Readonly<Record<string, string>>, ...args: string[]): ChildProcess;
  /** Writes a DAG file. */
  writeDag(name: string, source: string): Promise<void>;
  /** Waits until as many DAGs are known and unpaused. */
  untilDags(count: number, timeoutMs?: number): Promise<void>;
}

export interface BenchOptions {
  /** `[section] key` settings, as `AIRFLOW__SECTION__KEY`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Worker processes. @default 1 */
  readonly workers?: number;
  /** Gets each process's standard error, as it comes. @default nobody, or ours with `BENCH_VERBOSE` */
  readonly onStderr?: (text: string, from: ChildProcess) => void;
  /** Where PostgreSQL keeps its data. @default a folder in the home */
  readonly postgresFolder?: string;
  /** DAG files that are there before anything starts. */
  readonly dags?: Readonly<Record<string, string>>;
}

/** Starts PostgreSQL (fsync on), Redis (append-only file, every second), a scheduler and workers. */
export async function startBench(options: BenchOptions = {}): Promise<Bench> {
  const stops: Stop[] = [];
  try {
    return await start(options, stops);
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

/** What has been started is stopped in reverse, also when something after it does not start. */
type Stop = () => Promise<unknown>;

async function stopAll(stops: Stop[]): Promise<void> {
  for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
}

async function start(options: BenchOptions, stops: Stop[]): Promise<Bench> {
  const home = await mkdtemp(path.join(tmpdir(), "daisy-bench-"));
  stops.push(() => rm(home, { recursive: true, force: true }));
  const dagsFolder = path.join(home, "dags");
  await mkdir(dagsFolder);
  for (const [name, source] of Object.entries(options.dags ?? {})) await writeFile(path.join(dagsFolder, name), source);

  const services = await startServices(home, options.postgresFolder ?? path.join(home, "postgres"), stops);
  const env = {
    ...process.env,
    AIRFLOW_HOME: home,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: services.databaseUrl,
    ...(services.brokerUrl && { AIRFLOW__CELERY__BROKER_URL: services.brokerUrl }),
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "False",
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    ...options.settings,
  };
  const database = connect(services.databaseUrl, { applicationName: "daisy-bench" });
  stops.push(() => database.end());
  const startWith = (own: Readonly<Record<string, string>>, ...args: string[]) => {
    const { onStderr } = options;
    const stderr = onStderr ? "pipe" : process.env.BENCH_VERBOSE ? "inherit" : "ignore";
    const stdio = ["ignore", "ignore", stderr] as const;
    const child = spawn(process.execPath, [AIRFLOW, ...args], { env: { ...env, ...own }, stdio: [...stdio] });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => onStderr?.(text, child));
    stops.push(() => end(child));
    return child;
  };
  const startProcess = (...args: string[]) => startWith({}, ...args);
  const schedulers = Array.from({ length: SCHEDULERS }, () => startProcess("scheduler"));
  const workers = Array.from({ length: options.workers ?? 1 }, () => startProcess("celery", "worker"));
  await untilJobs(database, schedulers.length + workers.length);

  return {
    home,
    database,
    env,
    services,
    scheduler: schedulers[0]!,
    schedulers,
    workers,
    start: startProcess,
    startWith,
    writeDag: (name, source) => writeFile(path.join(dagsFolder, name), source),
    untilDags: (count, timeoutMs = 600_000) =>
      untilCount(database, "select count(*)::integer as count from dag where not is_stale", count, timeoutMs),
    [Symbol.asyncDispose]: () => stopAll(stops),
  };
}

/** The servers that a bench runs on; `stop` and `restart` keep data and URL. */
export interface Services {
  readonly databaseUrl: string;
  /** Undefined where there is no redis-server. */
  readonly brokerUrl: string | undefined;
  readonly postgres: Server;
  readonly redis: Server | undefined;
}

export interface Server {
  stop(): Promise<void>;
  restart(): Promise<void>;
}

async function startServices(home: string, folder: string, stops: Stop[]): Promise<Services> {
  const log = createLog("bench", "WARNING");
  const postgres = await keep((port) => startEmbeddedPostgres({ folder, log, port }), stops);
  await migrate(postgres.url);
  const binary = findRedisServer();
  const redis =
    binary === undefined
      ? undefined
      : await keep((port) => startPrivateRedis({ binary, folder: path.join(home, "redis"), log, port }), stops);
  return { databaseUrl: postgres.url, brokerUrl: redis?.url, postgres, redis };
}

interface Started {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

async function keep(start: (port?: number) => Promise<Started>, stops: Stop[]): Promise<Server & { url: string }> {
  let server = await start();
  const { url, port } = server;
  stops.push(() => server.stop());
  return {
    url,
    stop: () => server.stop(),
    async restart() {
      await server.stop();
      server = await start(port);
    },
  };
}

function untilJobs(database: Database, count: number): Promise<void> {
  return untilCount(database, "select count(*)::integer as count from job where state = 'running'", count, 60_000);
}

/** Waits until a counting query gives at least `count`. */
export async function untilCount(database: Database, sql: string, count: number, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { rows } = await database.query<{ count: number }>(sql);
    if (rows[0]!.count >= count) return;
    if (Date.now() > deadline) throw new Error(`${rows[0]!.count} of ${count} after ${timeoutMs} ms: ${sql}`);
    await sleep(POLL_MS);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await once(child, "exit");
  clearTimeout(timer);
}

export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly repeats: number;
}

/** The median of repeats and their spread. */
export function summarize(values: readonly number[], digits = 3): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const round = (value: number) => Number(value.toFixed(digits));
  return {
    median: round(quantile(sorted, 0.5)),
    least: round(sorted[0]!),
    most: round(sorted.at(-1)!),
    repeats: sorted.length,
  };
}

/** The value below which a share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
