import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { chmod, mkdir, open, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "#core/log.ts";
import { freePort, isPortFree } from "./free-port.ts";
import { isAlive, stopPid } from "./process-alive.ts";

/** A server that runs, whoever started it; `stop` may be called twice. */
export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface PrivateRedisOptions {
  /** The path of redis-server; see {@link findRedisServer}. */
  readonly binary: string;
  /** Where its data, configuration and log live; made when missing, kept when stopped. */
  readonly folder: string;
  readonly log: Log;
  /** Server settings beside the fixed ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The port it must have; otherwise that of the last start when it is free, or any free one. */
  readonly port?: number;
}

const START_TIMEOUT_MS = 30_000;

/** The path of redis-server, or undefined when this machine has none. */
export function findRedisServer(): string | undefined {
  const folders = (process.env.PATH ?? "")
    .split(path.delimiter)
    .concat("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin");
  return folders
    .map((folder) => path.join(folder, "redis-server"))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * Starts a Redis server of our own, on loopback and a free port, with a random password that stays the same; its
 * append-only file is flushed every second and it never evicts keys, as BullMQ asks for. It outlives this process
 * unless it is stopped.
 */
export async function startPrivateRedis(options: PrivateRedisOptions): Promise<PrivateRedis> {
  const { binary, folder, log } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const before = readConfiguration(folder);
  const password = before?.password ?? randomBytes(24).toString("hex");
  const remembered = before && (await isPortFree(before.port, "127.0.0.1")) ? before.port : undefined;
  const port = options.port ?? remembered ?? (await freePort());
  // In a file rather than on the command line, which every user of the machine can read.
  const configuration = path.join(folder, "redis.conf");
  const settings = {
    bind: "127.0.0.1",
    port,
    requirepass: password,
    dir: JSON.stringify(folder),
    pidfile: JSON.stringify(pidFile(folder)),
    appendonly: "yes",
    appendfsync: "everysec",
    "maxmemory-policy": "noeviction",
    save: '""',
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  await writeFile(configuration, `${lines.join("\n")}\n`, { mode: 0o600 });
  await chmod(configuration, 0o600);
  log.debug(`Starting ${binary} on port ${port}`);
  const output = path.join(folder, "redis.log");
  const file = await open(output, "a", 0o600);
  const child = spawn(binary, [configuration], { stdio: ["ignore", file.fd, file.fd], detached: true });
  child.unref();
  await file.close();
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`redis-server (${binary}) ended before it was ready; see ${output}`)));
  });
  failed.catch(() => undefined);
  try {
    await Promise.race([waitUntilReady(port, password, output), failed]);
  } catch (error) {
    if (child.pid !== undefined) await stopPid(child.pid, "SIGTERM");
    throw error;
  }
  return { url: urlOf(port, password), port, stop: () => stopPid(child.pid!, "SIGTERM") };
}

/** The server that runs on a folder's data and takes connections, or undefined. */
export async function findPrivateRedis(folder: string): Promise<PrivateRedis | undefined> {
  const configuration = readConfiguration(folder);
  const pid = readPid(folder);
  if (configuration === undefined || pid === undefined || !isAlive(pid)) return undefined;
  const { port, password } = configuration;
  if (!(await answers(port, password))) return undefined;
  return { url: urlOf(port, password), port, stop: () => stopPid(pid, "SIGTERM") };
}

const urlOf = (port: number, password: string) => `redis://:${password}@127.0.0.1:${port}/0`;
const pidFile = (folder: string) => path.join(folder, "redis.pid");

function readConfiguration(folder: string): { port: number; password: string } | undefined {
  try {
    const text = readFileSync(path.join(folder, "redis.conf"), "utf8");
    const setting = (name: string) => new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1];
    const [port, password] = [Number(setting("port")), setting("requirepass")];
    return port > 0 && password !== undefined ? { port, password } : undefined;
  } catch {
    return undefined;
  }
}

function readPid(folder: string): number | undefined {
  try {
    return Number(readFileSync(pidFile(folder), "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

async function waitUntilReady(port: number, password: string, output: string): Promise<void> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += 20) {
    if (await answers(port, password)) return;
    await sleep(20);
  }
  throw new Error(`redis-server was not ready on port ${port} in ${START_TIMEOUT_MS / 1_000} s; see ${output}`);
}

/** Whether the server that listens there is ours (knows the password) and has loaded its data. */
function answers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    let answer = "";
    const finish = () => {
      socket.destroy();
      resolve(answer === "+OK\r\n+PONG\r\n");
    };
    socket.setTimeout(2_000, finish);
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (answer.split("\r\n").length > 2) finish();
    });
    socket.once("close", finish);
    socket.once("error", finish);
  });
}
