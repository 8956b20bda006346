import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import test from "ava";
import { createTestDatabase } from "#test/helpers/database.ts";
import { testRedisUrl } from "#test/helpers/redis.ts";
import { until } from "#test/helpers/until.ts";
import { BIN, makeHome } from "./helpers/run-airflow.ts";

/** A device of Linux whose disk is always full. */
const FULL = "/dev/full";
const onLinux = existsSync(FULL) ? test : test.skip;

onLinux("a scheduler goes on, and stops in order, when the disk under its own log is full", async (t) => {
  await using db = await createTestDatabase();
  await using folder = await makeHome();
  const output = await open(FULL, "w");
  const child = spawn(process.execPath, [BIN, "scheduler"], {
    env: {
      ...process.env,
      AIRFLOW_HOME: folder.home,
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: db.url,
      AIRFLOW__CELERY__BROKER_URL: testRedisUrl(),
      AIRFLOW__LOGGING__LOGGING_LEVEL: "DEBUG",
      AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC: "1",
    },
    stdio: ["ignore", output.fd, output.fd],
  });
  const exited = once(child, "exit");
  const beats = async () => {
    const { rows } = await db.database.query<{ beats: number }>(
      "select count(*)::integer as beats from job where latest_heartbeat > start_date + interval '1 second'",
    );
    return rows[0]!.beats;
  };
  await until("its heart beats, or it is gone", async () => child.exitCode !== null || (await beats()) > 0);
  child.kill("SIGTERM");
  t.deepEqual(await exited, [0, null]);
  await output.close();
});
