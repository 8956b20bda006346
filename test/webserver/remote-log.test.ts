import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { defaultConfig } from "#core/config/load.ts";
import { recordHeartbeat } from "#core/database/jobs.ts";
import { createLog } from "#core/log.ts";
import { taskLogPath } from "#core/task-logs.ts";
import { uuid7 } from "#core/uuid7.ts";
import { Dag } from "#sdk/index.ts";
import { startLogServer } from "#worker/log-server.ts";
import { seedDag, seedRun } from "./helpers/seed.ts";
import { serve } from "./helpers/serve.ts";

const RUN = "manual__2026-01-01T00:00:00+00:00";
const URL = `/api/v2/dags/a/dagRuns/${encodeURIComponent(RUN)}/taskInstances/t/logs/1`;
const KEY = { dagId: "a", runId: RUN, taskId: "t", mapIndex: -1, tryNumber: 1 };

test("the log of a worker with a folder of its own is shown, as it grows, and what stands in the way is told", async (t) => {
  const home = await mkdtemp(join(tmpdir(), "daisy-homes-"));
  t.teardown(() => rm(home, { recursive: true }));
  const api = { secret_key: "shared" };
  await using server = await serve({ logging: { base_log_folder: join(home, "console") }, api });
  const { database } = server;
  const dag = new Dag("a");
  dag.task("t", async () => 1)();
  await seedDag(database, dag);
  await seedRun(database, "a", RUN, { t: "running" });
  // A name that leads to this machine, so that the web server takes the worker for another one.
  await database.query("update task_instance set try_number = 1, hostname = 'localhost', pid = 77");

  const { json: unserved } = await server.call("GET", URL);
  t.regex(unserved.content[0].event, /^\*\*\* Log file does not exist: .*console/);
  t.regex(unserved.content[1].event, /^\*\*\* Could not read served logs: the worker on localhost serves none/);

  const folder = join(home, "worker");
  const logging = { base_log_folder: folder, worker_log_server_host: "127.0.0.1", worker_log_server_port: 0 };
  const logServer = (await startLogServer(defaultConfig({ logging, api }), createLog("worker", "ERROR")))!;
  const job = { id: uuid7(), jobType: "WorkerJob", hostname: "localhost", pid: 77 } as const;
  await recordHeartbeat(database, { ...job, queues: ["default"], logServerPort: logServer.port });
  const { json: silent } = await server.call("GET", URL);
  t.deepEqual(silent.content, []);

  const file = taskLogPath(folder, KEY);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, "[2026-01-01T00:00:00.000Z] {task} INFO - first\n");
  const { json: first } = await server.call("GET", `${URL}?token=${silent.continuation_token}`);
  t.is(first.content[0].event, "{task} INFO - first");
  await writeFile(file, "[2026-01-01T00:00:01.000Z] {task} INFO - second\n", { flag: "a" });
  await database.query("update task_instance set state = 'success'");
  const { json: last } = await server.call("GET", `${URL}?token=${first.continuation_token}`);
  t.deepEqual(
    last.content.map(({ event }: { event: string }) => event),
    ["{task} INFO - second"],
  );
  t.is(last.continuation_token, null);

  await logServer[Symbol.asyncDispose]();
  const { json: gone } = await server.call("GET", URL);
  t.regex(gone.content[1].event, /^\*\*\* Could not read served logs: localhost:\d+ cannot be reached/);
});
