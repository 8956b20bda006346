import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import type { Log } from "#core/log.ts";
import { freePort } from "./free-port.ts";
import { stopProcess } from "./stop-process.ts";

/** A server that runs; `stop` may be called twice. */
export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

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
 * Starts a Redis server of our own, on loopback and a free port, with a random password; its append-only file is
 * flushed every second and it never evicts keys, as BullMQ asks for.
 */
export async function startPrivateRedis(options: {
  binary: string;
  folder: string;
  log: Log;
  /** Server settings beside the fixed ones. */
  settings?: Readonly<Record<string, string>>;
}): Promise<PrivateRedis> {
  const { binary, folder, log } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [port, password] = [await freePort(), randomBytes(24).toString("hex")];
  // In a file rather than on the command line, which every user of the machine can read.
  const configuration = path.join(folder, "redis.conf");
  const settings = {
    bind: "127.0.0.1",
    port,
    requirepass: password,
    dir: folder,
    appendonly: "yes",
    appendfsync: "everysec",
    "maxmemory-policy": "noeviction",
    save: '""',
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  await writeFile(configuration, `${lines.join("\n")}\n`, { mode: 0o600 });
  const child = spawn(binary, [configuration], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => log.debug(String(chunk).trimEnd()));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await Promise.race([
    waitForPort(port),
    exited.then(() => {
      throw new Error(`redis-server (${binary}) ended before it was ready`);
    }),
  ]);
  return { url: `redis://:${password}@127.0.0.1:${port}/0`, port, exited, stop: () => stopProcess(child, "SIGTERM") };
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`redis-server did not accept connections on port ${port} in 30 s`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}
