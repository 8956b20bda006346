import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import pg from "pg";
import { createLog } from "#core/log.ts";
import { findEmbeddedPostgres } from "#setup/services/embedded-postgres.ts";
import { findPrivateRedis, findRedisServer } from "#setup/services/private-redis.ts";
import { type SharedServices, shareServices } from "#setup/services/shared-services.ts";

const log = createLog("test", "ERROR");
const withRedis = findRedisServer() === undefined ? test.skip : test.serial;

async function makeHome(): Promise<
  AsyncDisposable & { home: string; share(queue?: boolean): Promise<SharedServices> }
> {
  const home = await mkdtemp(path.join(tmpdir(), "daisy services-"));
  const shares: SharedServices[] = [];
  return {
    home,
    async share(queue = false) {
      const services = await shareServices({ home, queue, log });
      shares.push(services);
      return services;
    },
    async [Symbol.asyncDispose]() {
      for (const services of shares) await services.release();
      await rm(home, { recursive: true });
    },
  };
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

const postgresOf = (home: string) => findEmbeddedPostgres(path.join(home, "postgres"));
const redisOf = (home: string) => findPrivateRedis(path.join(home, "redis"));
const pidOf = (home: string) =>
  Number(readFileSync(path.join(home, "postgres/data/postmaster.pid"), "utf8").split("\n")[0]);

test.serial(
  "five who come at once to an empty home share one server, and it stops with the last of them",
  async (t) => {
    await using folder = await makeHome();
    const shares = await Promise.all(Array.from({ length: 5 }, () => folder.share()));
    t.is(new Set(shares.map((share) => share.databaseUrl)).size, 1);
    t.deepEqual((await readdir(path.join(folder.home, "postgres"))).sort(), [
      "data",
      "password",
      "port",
      "postgres.log",
    ]);
    const { databaseUrl } = shares[0]!;
    await Promise.all(shares.slice(1).map((share) => share.release()));
    t.deepEqual(await query(databaseUrl, "select current_database()::text"), [["airflow"]]);
    await shares[0]!.release();
    await shares[0]!.release();
    t.is(postgresOf(folder.home), undefined);
    await t.throwsAsync(query(databaseUrl, "select 1"));
  },
);

test.serial("the data, the port and the password are there again after a stop", async (t) => {
  await using folder = await makeHome();
  const first = await folder.share();
  await query(first.databaseUrl, "create table kept (value integer); insert into kept values (1)");
  await first.release();
  const second = await folder.share();
  t.is(second.databaseUrl, first.databaseUrl);
  t.deepEqual(await query(second.databaseUrl, "select value from kept"), [[1]]);
});

test.serial("comings and goings at the same time never leave anyone without a server", async (t) => {
  await using folder = await makeHome();
  const visit = async () => {
    const services = await folder.share();
    const [[one]] = (await query(services.databaseUrl, "select 1")) as [[number]];
    await services.release();
    return one;
  };
  for (let round = 0; round < 3; round++) t.deepEqual(await Promise.all([visit(), visit(), visit()]), [1, 1, 1]);
  t.is(postgresOf(folder.home), undefined);
});

test.serial("a server that is killed with kill -9 comes back at the same URL with its data", async (t) => {
  await using folder = await makeHome();
  const { databaseUrl } = await folder.share();
  await query(databaseUrl, "create table kept (value integer); insert into kept values (1)");
  const before = pidOf(folder.home);
  process.kill(before, "SIGKILL");
  for (;;) {
    const rows = await query(databaseUrl, "select value from kept").catch(() => undefined);
    if (rows && pidOf(folder.home) !== before) {
      t.deepEqual(rows, [[1]]);
      break;
    }
  }
});

test.serial("a lock file that names another program's process is in nobody's way", async (t) => {
  await using folder = await makeHome();
  const first = await folder.share();
  const lockFile = path.join(folder.home, "postgres/data/postmaster.pid");
  const lock = readFileSync(lockFile, "utf8");
  await first.release();
  await writeFile(lockFile, lock.replace(/^\d+/, String(process.pid)));
  await chmod(lockFile, 0o666);
  const second = await folder.share();
  t.deepEqual(await query(second.databaseUrl, "select 1"), [[1]]);
});

test.serial("no file that holds a password is readable for others", async (t) => {
  await using folder = await makeHome();
  await folder.share(true);
  for (const file of ["postgres/password", ...(findRedisServer() === undefined ? [] : ["redis/redis.conf"])]) {
    const { mode } = await stat(path.join(folder.home, file));
    t.is(mode & 0o077, 0, file);
  }
  const commands = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
  t.false(commands.includes(readFileSync(path.join(folder.home, "postgres/password"), "utf8")));
});

test.serial("PostgreSQL listens on loopback only and waits for the disk", async (t) => {
  await using folder = await makeHome();
  const { databaseUrl } = await folder.share();
  t.deepEqual(await query(databaseUrl, "show listen_addresses"), [["127.0.0.1"]]);
  t.deepEqual(await query(databaseUrl, "show fsync"), [["on"]]);
});

withRedis("Redis is shared in the same way, comes back when killed, and stops with the last user", async (t) => {
  await using folder = await makeHome();
  const [first, second] = (await Promise.all([folder.share(true), folder.share(true)])) as [
    SharedServices,
    SharedServices,
  ];
  t.is(first.brokerUrl, second.brokerUrl);
  t.regex(first.brokerUrl!, /^redis:\/\/:[0-9a-f]{48}@127\.0\.0\.1:\d+\/0$/);
  await second.release();
  const pid = Number(readFileSync(path.join(folder.home, "redis/redis.pid"), "utf8"));
  process.kill(pid, "SIGKILL");
  while ((await redisOf(folder.home)) === undefined) await new Promise(setImmediate);
  t.is((await redisOf(folder.home))?.url, first.brokerUrl);
  await first.release();
  t.is(await redisOf(folder.home), undefined);
});
