import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chown, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createFileOnce, replaceFile } from "#core/files.ts";
import type { Log } from "#core/log.ts";
import { preferredPort } from "./free-port.ts";
import { findPostgresBinaries } from "./postgres-binaries.ts";
import { commandOf, isAlive, stopPid } from "./process-alive.ts";
import { serverUser, spawnAsServerUser } from "./server-user.ts";

/** A server that runs, whoever started it; `stop` may be called twice. */
export interface EmbeddedPostgres {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Where data, password, port and the server's log live; made when missing, kept when stopped. */
  readonly folder: string;
  readonly log: Log;
  /** Server settings beside the fixed ones, such as `{ fsync: "off" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The port it must have; otherwise that of the last start when it is free, or any free one. */
  readonly port?: number;
}

const USER = "airflow";
const DATABASE = "airflow";
const START_TIMEOUT_MS = 60_000;

/**
 * Starts a PostgreSQL server of our own, from the binaries that the npm package ships, on loopback and a free port,
 * with a random password. Data of an earlier start is taken up again. The server outlives this process unless it is
 * stopped. Of several processes that start one on the same folder at once, one succeeds and the others throw.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, log, settings = {} } = options;
  const binaries = await findPostgresBinaries();
  const data = dataFolder(folder);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await createFileOnce(path.join(folder, "password"), randomBytes(24).toString("hex"), 0o600);
  if (!existsSync(path.join(data, "PG_VERSION"))) {
    log.info(`Making a PostgreSQL database in ${data}`);
    await initialise(binaries.initdb, folder);
  }
  await removeLockOfAnotherProgram(data);
  const port = options.port ?? (await preferredPort(path.join(folder, "port")));
  const output = path.join(folder, "postgres.log");
  const child = await spawnServer(binaries.postgres, output, [
    "-D",
    data,
    "-p",
    String(port),
    ...settingFlags({ listen_addresses: "127.0.0.1", unix_socket_directories: "", ...settings }),
  ]);
  try {
    await waitUntilReady(child, data, output);
    await createDatabase(urlOf(folder, port, "postgres"));
  } catch (error) {
    await stopPid(child.pid!, "SIGQUIT");
    throw error;
  }
  await replaceFile(path.join(folder, "port"), String(port));
  return { url: urlOf(folder, port), port, stop: () => stopPid(child.pid!, "SIGINT", "SIGQUIT") };
}

/** The server that runs on a folder's data and takes connections, or undefined. */
export function findEmbeddedPostgres(folder: string): EmbeddedPostgres | undefined {
  const lock = readLock(dataFolder(folder));
  if (lock?.status !== "ready" || !isAlive(lock.pid) || isAnotherProgram(lock.pid, dataFolder(folder)))
    return undefined;
  const { pid, port } = lock;
  return { url: urlOf(folder, port), port, stop: () => stopPid(pid, "SIGINT", "SIGQUIT") };
}

/** Whether a server runs on a folder's data, be it ready, starting or stopping. */
export function isEmbeddedPostgresPresent(folder: string): boolean {
  const lock = readLock(dataFolder(folder));
  return lock !== undefined && isAlive(lock.pid) && !isAnotherProgram(lock.pid, dataFolder(folder));
}

const dataFolder = (folder: string) => path.join(folder, "data");

function urlOf(folder: string, port: number, database = DATABASE): string {
  const password = readFileSync(path.join(folder, "password"), "utf8");
  return `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
}

/** What PostgreSQL writes into postmaster.pid, as far as it has got. */
function readLock(data: string): { pid: number; port: number; status: string | undefined } | undefined {
  try {
    const lines = readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n");
    return { pid: Math.abs(Number(lines[0])), port: Number(lines[3]), status: lines[7]?.trim() };
  } catch {
    return undefined;
  }
}

/**
 * After a crash of the machine, or in a new container, the number in postmaster.pid may belong to another program;
 * PostgreSQL would refuse to start for fear of a second server on the same data.
 */
async function removeLockOfAnotherProgram(data: string): Promise<void> {
  const lock = readLock(data);
  if (lock === undefined || !isAnotherProgram(lock.pid, data)) return;
  if (readLock(data)?.pid === lock.pid) await rm(path.join(data, "postmaster.pid"), { force: true });
}

/** Whether a process runs that is not a server on this data. */
function isAnotherProgram(pid: number, data: string): boolean {
  const command = commandOf(pid);
  return command !== undefined && !command.includes(data);
}

/**
 * Makes the cluster aside and renames it, so that a kill in between leaves no half-made one; of several processes
 * that do so, the first one's is kept.
 */
async function initialise(initdb: string, folder: string): Promise<void> {
  const aside = `${dataFolder(folder)}.${randomBytes(6).toString("hex")}`;
  const passwordFile = `${aside}.password`;
  try {
    await mkdir(aside, { mode: 0o700 });
    await writeFile(passwordFile, await readFile(path.join(folder, "password")), { mode: 0o600 });
    const owner = serverUser();
    if (owner !== undefined) for (const file of [aside, passwordFile]) await chown(file, owner.uid, owner.gid);
    await runInitdb(initdb, aside, passwordFile);
    await rename(aside, dataFolder(folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(aside, { recursive: true, force: true });
  }
}

async function runInitdb(initdb: string, data: string, passwordFile: string): Promise<void> {
  const flags = [
    "--auth=scram-sha-256",
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    "--locale=C",
  ];
  const child = spawnAsServerUser(initdb, [`--pgdata=${data}`, ...flags], ["ignore", "pipe", "pipe"]);
  let output = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`initdb failed with code ${code}:\n${output}`);
}

/** Its output goes to a file, which it can still write when this process is gone. */
async function spawnServer(program: string, output: string, args: readonly string[]): Promise<ChildProcess> {
  const file = await open(output, "a", 0o600);
  try {
    const child = spawnAsServerUser(program, args, ["ignore", file.fd, file.fd]);
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return child;
  } finally {
    await file.close();
  }
}

function settingFlags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function waitUntilReady(child: ChildProcess, data: string, output: string): Promise<void> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += 20) {
    const lock = readLock(data);
    if (lock?.pid === child.pid && lock?.status === "ready") return;
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`PostgreSQL ended before it was ready; ${output} ends with:\n${await lastLines(output)}`);
    await sleep(20);
  }
  throw new Error(`PostgreSQL was not ready in ${START_TIMEOUT_MS / 1_000} s; see ${output}`);
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-10).join("\n");
}

async function createDatabase(maintenanceUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: maintenanceUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
