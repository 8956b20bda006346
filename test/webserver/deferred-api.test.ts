import { randomUUID } from "node:crypto";
import test from "ava";
import { Dag } from "#sdk/index.ts";
import { seedDag, seedRun } from "./helpers/seed.ts";
import { serve } from "./helpers/serve.ts";

const RUN = "manual__2024-01-01T00:00:00+00:00";

test("the API tells what a deferred task instance waits for and who looks after it, and the triggerer's health", async (t) => {
  await using server = await serve();
  const db = server.database;
  const dag = new Dag("waits");
  dag.task("file", async () => 1)();
  await seedDag(db, dag);
  await seedRun(db, "waits", RUN, { file: "deferred" });
  const ask = async (path: string) => (await fetch(`${server.url}${path}`)).json();
  t.like(await ask("/api/v2/monitor/health"), { triggerer: { status: null, latest_triggerer_heartbeat: null } });
  const job = randomUUID();
  await db.query(
    "insert into job (id, job_type, state, hostname, pid) values ($1, 'TriggererJob', 'running', 'host', 1)",
    [job],
  );
  await db.query(
    `update task_instance set trigger_kind = 'file', trigger_kwargs = '{"filepath":"/x"}', trigger_created_at = now(),
       triggerer_id = $1`,
    [job],
  );
  const path = `/api/v2/dags/waits/dagRuns/${encodeURIComponent(RUN)}/taskInstances/file`;
  t.like(await ask(path), {
    state: "deferred",
    trigger: {
      classpath: "airflow.providers.standard.triggers.file.FileTrigger",
      kwargs: '{"filepath":"/x"}',
      triggerer_id: job,
    },
    triggerer_job: { id: job, job_type: "TriggererJob", state: "running", hostname: "host" },
  });
  t.like(await ask("/api/v2/monitor/health"), { triggerer: { status: "healthy" } });
  await db.query("update task_instance set state = 'success'");
  t.like(await ask(path), { trigger: null, triggerer_job: null });
});
