import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Redis } from "ioredis";
import type { Database } from "#core/database/connect.ts";

/** What is measured, by name. */
export type Measures = Record<string, number>;

/** Megabytes, descriptors and children of a process of Daisy's (Linux's /proc). */
export async function measureProcess(name: string, pid: number, heaps: string): Promise<Measures> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const heap = await readHeap(path.join(heaps, String(pid)));
  return {
    [`${name} rss`]: Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024,
    ...(heap !== undefined && { [`${name} heap`]: heap }),
    [`${name} descriptors`]: descriptors.length,
    [`${name} children`]: children.split(" ").filter(Boolean).length,
  };
}

async function readHeap(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { heapUsed, external } = JSON.parse(text) as { heapUsed: number; external: number };
  return (heapUsed + external) / 2 ** 20;
}

/** Connections to the database by the program that holds them, and megabytes and rows of each table. */
export async function measureDatabase(db: Database): Promise<Measures> {
  const { rows: connections } = await db.query<{ name: string; count: number }>(
    `select application_name as name, count(*)::integer as count from pg_stat_activity
      where datname = current_database() and application_name like 'daisy-%' group by 1`,
  );
  const { rows: tables } = await db.query<{ name: string; megabytes: number }>(
    `select relname as name, pg_total_relation_size(oid)::float8 / 2^20 as megabytes from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  const entries: [string, number][] = connections.map(({ name, count }) => [`${name} connections`, count]);
  for (const { name, megabytes } of tables) entries.push([`table ${name}`, megabytes]);
  for (const { name } of tables) entries.push([`rows of ${name}`, await countRows(db, name)]);
  return Object.fromEntries(entries);
}

async function countRows(db: Database, table: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`select count(*)::integer as count from "${table}"`);
  return rows[0]!.count;
}

/** Megabytes and keys of Redis. */
export async function measureRedis(redis: Redis): Promise<Measures> {
  const memory = /^used_memory:(\d+)/m.exec(await redis.info("memory"))![1];
  const clients = /^connected_clients:(\d+)/m.exec(await redis.info("clients"))![1];
  return {
    "redis memory": Number(memory) / 2 ** 20,
    "redis keys": await redis.dbsize(),
    "redis clients": Number(clients),
  };
}
