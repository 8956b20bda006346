import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AirflowConfig, type AirflowConfigOverrides, OPTIONS } from "#core/config/options.ts";
import type { Database } from "#core/database/connect.ts";
import { createLog, type Log } from "#core/log.ts";
import { runScheduler } from "#scheduler/scheduler.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { testRedisUrl } from "#test/helpers/redis.ts";

/** A scheduler that runs on a database, a Redis and a dags folder of the test's own. */
export interface TestScheduler extends AsyncDisposable {
  readonly config: AirflowConfig;
  readonly database: Database;
  readonly url: string;
  readonly dagsFolder: string;
  /** Everything that was logged. */
  readonly lines: readonly string[];
  /** Writes a file below the dags folder. */
  write(path: string, text: string | Buffer): Promise<void>;
  /** Asks the database until the answer is true; throws after a minute with what was logged. */
  until(what: string, isTrue: () => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
  start(): void;
}

export async function startTestScheduler(overrides: AirflowConfigOverrides = {}): Promise<TestScheduler> {
  const home = await mkdtemp(join(tmpdir(), "daisy-scheduler-"));
  const dagsFolder = join(home, "dags");
  await mkdir(dagsFolder);
  const test = await createTestDatabase();
  const config = makeConfig(home, {
    core: { dags_folder: dagsFolder, dags_are_paused_at_creation: false, load_examples: false, ...overrides.core },
    database: { sql_alchemy_conn: test.url },
    celery: { broker_url: testRedisUrl(), ...overrides.celery },
    scheduler: { scheduler_heartbeat_sec: 1, ...overrides.scheduler },
    dag_processor: overrides.dag_processor,
  });
  const lines: string[] = [];
  const log: Log = createLog("scheduler", "DEBUG", (line) => lines.push(line));
  let controller = new AbortController();
  let running: Promise<void> | undefined;
  const start = () => {
    controller = new AbortController();
    running = runScheduler({ config, log, signal: controller.signal });
  };
  const stop = async () => {
    controller.abort();
    await running;
  };
  start();
  return {
    config,
    database: test.database,
    url: test.url,
    dagsFolder,
    lines,
    start,
    stop,
    async write(path, text) {
      await mkdir(dirname(join(dagsFolder, path)), { recursive: true });
      await writeFile(join(dagsFolder, path), text);
    },
    async until(what, isTrue) {
      const giveUpAt = Date.now() + 60_000;
      while (!(await isTrue())) {
        if (Date.now() > giveUpAt) throw new Error(`It did not happen that ${what}:\n${lines.join("")}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await test[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The default configuration with some values of the test's own. */
export function makeConfig(home: string, overrides: AirflowConfigOverrides): AirflowConfig {
  const sections = Object.entries(OPTIONS).map(([section, options]) => {
    const values = Object.entries(options).map(([key, option]) => {
      const given = (overrides as Record<string, Record<string, unknown> | undefined>)[section]?.[key];
      const value = given ?? option.default;
      return [key, typeof value === "string" ? value.replace("{AIRFLOW_HOME}", home) : value];
    });
    return [section, Object.fromEntries(values)];
  });
  return { ...Object.fromEntries(sections), home } as AirflowConfig;
}
