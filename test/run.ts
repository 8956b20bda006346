// Runs the tests on a PostgreSQL and a Redis of their own, and ends by printing `N passed, N failed`.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createLog } from "#core/log.ts";
import { buildConsole } from "#setup/build-console.ts";
import { migrate } from "#setup/migrate.ts";
import { startEmbeddedPostgres } from "#setup/services/embedded-postgres.ts";
import { findRedisServer, startPrivateRedis } from "#setup/services/private-redis.ts";

/** Runs AVA on the given files (all of them by default) and returns the process's exit code. */
async function runTests(files: readonly string[]): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-test-"));
  const log = createLog("test", "WARNING");
  const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    // Test databases are thrown away, so they need not survive a power cut.
    const settings = { fsync: "off", full_page_writes: "off", synchronous_commit: "off", max_connections: "300" };
    const postgres = await startEmbeddedPostgres({ folder: path.join(folder, "postgres"), log, settings });
    stops.unshift(postgres.stop);
    await migrate(postgres.url);
    // Once, before test files that run side by side each find it old.
    if (files.length === 0 || files.some((file) => file.includes("console"))) await buildConsole();
    const binary = findRedisServer();
    const redis =
      binary &&
      (await startPrivateRedis({ binary, folder: path.join(folder, "redis"), log, settings: { databases: "10000" } }));
    if (redis) stops.unshift(redis.stop);
    return await runAva(files, {
      DAISY_TEST_DATABASE_URL: postgres.url,
      ...(redis && { DAISY_TEST_REDIS_URL: redis.url }),
    });
  } finally {
    for (const stop of stops) await stop();
  }
}

function runAva(files: readonly string[], services: Record<string, string>): Promise<number> {
  const ava = path.resolve("node_modules/ava/entrypoints/cli.mjs");
  const env = { ...process.env, ...services, NO_COLOR: "1" };
  const child = spawn(process.execPath, [ava, "--tap", ...files], { env, stdio: ["ignore", "pipe", "inherit"] });
  const totals = { passed: 0, failed: 0 };
  let partial = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk: string) => {
    const lines = (partial + chunk).split("\n");
    partial = lines.pop()!;
    for (const line of lines) count(line, totals);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      // AVA also fails for what no single test shows, such as a file without tests.
      if (code !== 0 && totals.failed === 0) totals.failed = 1;
      process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`);
      resolve(totals.failed === 0 && totals.passed > 0 ? 0 : 1);
    });
  });
}

function count(line: string, totals: { passed: number; failed: number }): void {
  if (/^ok /.test(line)) totals.passed += 1;
  if (/^not ok /.test(line)) totals.failed += 1;
  process.stdout.write(`${line}\n`);
}

process.exitCode = await runTests(process.argv.slice(2));
