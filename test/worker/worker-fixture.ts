import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { defaultConfig } from "#core/config/load.ts";
import type { AirflowConfig } from "#core/config/options.ts";
import { hashBundle, materializeBundle } from "#core/dag-code/materialize.ts";
import type { Database } from "#core/database/connect.ts";
import { createLog } from "#core/log.ts";
import { openTryQueue, type TryQueue } from "#core/queue/try-queue.ts";
import { taskLogPath } from "#core/task-logs.ts";
import { uuid7 } from "#core/uuid7.ts";
import { collectDags } from "#sdk/collect.ts";
import { serializeDag } from "#sdk/serialize.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { testRedisUrl } from "#test/helpers/redis.ts";
import { until } from "#test/helpers/until.ts";
import { runWorker, type WorkerOptions } from "#worker/worker.ts";

export interface TryRow {
  id: string;
  run_id: string;
  task_id: string;
  state: string | null;
  try_number: number;
  max_tries: number;
  start_date: Date | null;
  end_date: Date | null;
  due_at: Date | null;
}

/** A database, a queue and a folder of the test's own, without a worker yet. */
export async function createFixture(options: { broker?: "redis" | "postgres" } = {}) {
  const { database, url, ...rest } = await createTestDatabase();
  const home = await mkdtemp(path.join(tmpdir(), "daisy-worker-"));
  const config = defaultConfig({
    home,
    database: { sql_alchemy_conn: url },
    celery: { broker_url: options.broker === "postgres" ? url : testRedisUrl() },
  });
  const log = createLog("test-worker", "ERROR");
  const queue = await openTryQueue(config, log);
  return {
    config,
    database,
    home,
    log,
    queue,
    write: (name: string, text: string) => writeFile(path.join(home, name), text),
    async [Symbol.asyncDispose]() {
      await queue.close();
      await rest[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export type Fixture = Awaited<ReturnType<typeof createFixture>>;

/** Starts a worker; `stop` ends it and resolves when it has ended. */
export function startWorker(fixture: Fixture, options: Partial<WorkerOptions> & { config?: AirflowConfig } = {}) {
  const stopping = new AbortController();
  const { config, log } = fixture;
  const ended = runWorker({ config, log, signal: stopping.signal, drainSeconds: 0, ...options });
  ended.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** One DAG file is loaded at a time in a process. */
let loadedBefore: Promise<unknown> = Promise.resolve();

/** Stores a DAG file's code, given as a bundle, as the parser would, and returns its DAG's version. */
export async function storeDag(database: Database, bundle: string): Promise<{ dagId: string; versionId: string }> {
  const codeHash = hashBundle(bundle);
  const cache = await mkdtemp(path.join(tmpdir(), "daisy-bundle-"));
  const file = await materializeBundle(bundle, codeHash, cache);
  const loading = loadedBefore.then(() => collectDags(() => import(pathToFileURL(file).href)));
  loadedBefore = loading.catch(() => undefined);
  const [dag] = await loading;
  await rm(cache, { recursive: true });
  const serialized = serializeDag(dag!, { fileloc: "/dags/test.ts", relativeFileloc: "test.ts" });
  const versionId = randomUUID();
  await database.query(
    `insert into dag (dag_id, fileloc, relative_fileloc, timetable_summary, is_paused, max_active_tasks, max_active_runs)
     values ($1, '/dags/test.ts', 'test.ts', 'None', false, 16, 16)`,
    [dag!.dagId],
  );
  await database.query("insert into dag_code (code_hash, source, bundle) values ($1, '', $2)", [codeHash, bundle]);
  await database.query(
    `insert into dag_version (id, dag_id, version_number, serialized_hash, serialized, code_hash)
     values ($1, $2, 1, '', $3, $4)`,
    [versionId, dag!.dagId, JSON.stringify(serialized), codeHash],
  );
  return { dagId: dag!.dagId, versionId };
}

/** Creates a run with one queued try of each task given, and returns the tries' ids in that order. */
export async function queueRun(
  fixture: Fixture,
  dag: { dagId: string; versionId: string },
  taskIds: readonly string[],
  options: { maxTries?: number; add?: boolean; conf?: object } = {},
): Promise<string[]> {
  const { maxTries = 0, add = true, conf = {} } = options;
  const runId = `manual__${uuid7()}`;
  const { rows } = await fixture.database.query<{ id: number }>(
    `insert into dag_run (dag_id, run_id, run_type, state, logical_date, run_after, triggered_by, dag_version_id, conf)
     values ($1, $2, 'manual', 'running', clock_timestamp(), now(), 'test', $3, $4) returning id`,
    [dag.dagId, runId, dag.versionId, JSON.stringify(conf)],
  );
  const ids = taskIds.map(() => uuid7());
  await fixture.database.query(
    `insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, state, try_number, max_tries, operator, pool,
                                pool_slots, queue, priority_weight, order_date)
     select id, $3, $4, $5, task_id, 'queued', 1, $6, '', 'default_pool', 1, 'default', 1, now()
       from unnest($1::uuid[], $2::text[]) as t (id, task_id)`,
    [ids, taskIds, rows[0]!.id, dag.dagId, runId, maxTries],
  );
  if (add) await untilAdded(fixture.queue, ids);
  return ids;
}

export function addToQueue(queue: TryQueue, ids: readonly string[]): Promise<void> {
  return queue.add(ids.map((id) => ({ id, queue: "default" })));
}

/** Adds tries, however long a busy broker takes to answer; adding one again is harmless. */
export async function untilAdded(queue: TryQueue, ids: readonly string[]): Promise<void> {
  await until("the queue has taken the tries", () =>
    addToQueue(queue, ids).then(
      () => true,
      () => false,
    ),
  );
}

export async function findTry({ database }: Fixture, id: string): Promise<TryRow> {
  const { rows } = await database.query<TryRow>("select * from task_instance where id = $1", [id]);
  return rows[0]!;
}

/** Resolves when a try has one of the states. */
export function untilState(fixture: Fixture, id: string, ...states: string[]): Promise<TryRow> {
  return until(`the try is ${states.join(" or ")}`, async () => {
    const row = await findTry(fixture, id);
    return states.includes(row.state ?? "") && row;
  });
}

/** Resolves when a cleared try has been stopped and its task instance starts over, under a fresh id. */
export function untilStartedOver(fixture: Fixture, id: string): Promise<TryRow> {
  return until("the try starts over", async () => {
    const { rows } = await fixture.database.query<TryRow>(
      `select ti.* from task_instance_history h join task_instance ti using (dag_run_id, task_id, map_index) where h.id = $1`,
      [id],
    );
    return rows[0];
  });
}

const ENDED = ["success", "failed", "skipped", "up_for_retry"];

export function untilEnded(fixture: Fixture, id: string): Promise<TryRow> {
  return untilState(fixture, id, ...ENDED);
}

export async function readLog(fixture: Fixture, row: TryRow, dagId: string): Promise<string> {
  const key = { dagId, runId: row.run_id, taskId: row.task_id, mapIndex: -1, tryNumber: row.try_number };
  return readFile(taskLogPath(fixture.config.logging.base_log_folder, key), "utf8");
}

/** An XCom's JSON text, or undefined. */
export async function readXCom({ database }: Fixture, row: TryRow, key = "return_value"): Promise<string | undefined> {
  const { rows } = await database.query<{ value: string }>(
    `select value::text from xcom join dag_run on dag_run.id = dag_run_id
      where run_id = $1 and task_id = $2 and key = $3`,
    [row.run_id, row.task_id, key],
  );
  return rows[0]?.value;
}

export async function untilDead(pid: number): Promise<void> {
  // Signals to process 0 go to this one's own group.
  if (!(pid > 0)) throw new RangeError(`Expected a process's number, not ${pid}`);
  await until(`process ${pid} is dead`, async () => !isAlive(pid));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** A killed process whose new parent has not noticed yet. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
