import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "#core/database/connect.ts";
import { startBench, untilCount } from "../harness.ts";
import { startRun } from "../runs.ts";
import { usage } from "../usage.ts";

const DAGS = 100;
const SENSORS_PER_DAG = 100;
const SENSORS = DAGS * SENSORS_PER_DAG;
const WATCH_MS = 30_000;

/** A fourth of the sensors waits for each: a moment, a file, a run of a DAG, a task. */
const dag = (id: string, home: string) => `
import { Dag, dateTimeSensor, externalTaskSensor, fileSensor } from "daisy";
const dag = new Dag("${id}", { maxActiveTasks: ${SENSORS_PER_DAG} });
const waits = [
  () => dateTimeSensor({ targetTime: new Date("2999-01-01"), deferrable: true }),
  (i) => fileSensor({ filepath: \`${home}/arrivals/\${i % 10}/${id}-\${i}\`, deferrable: true }),
  () => externalTaskSensor({ externalDagId: "dag_0", deferrable: true, allowedStates: ["failed"] }),
  (i) => externalTaskSensor({ externalDagId: "dag_0", externalTaskId: "wait_" + i, deferrable: true }),
];
for (let i = 0; i < ${SENSORS_PER_DAG}; i++) dag.task("wait_" + i, waits[i % waits.length](i))();
`;

/** 10,000 deferred sensors that wait: what scheduler, worker, triggerer and database cost meanwhile. */
export async function deferred10000() {
  const ids = Array.from({ length: DAGS }, (_, index) => `dag_${index}`);
  await using bench = await startBench({
    settings: { AIRFLOW__CORE__PARALLELISM: "200", AIRFLOW__CELERY__WORKER_CONCURRENCY: "32" },
  });
  const triggerer = bench.start("triggerer");
  for (const id of ids) await bench.writeDag(`${id}.ts`, dag(id, bench.home));
  await bench.untilDags(DAGS);
  const start = performance.now();
  for (const id of ids) await startRun(bench.database, id);
  const waiting = "select count(*)::integer as count from task_instance where state = 'deferred'";
  await untilCount(bench.database, waiting, SENSORS, 600_000);
  const deferSeconds = (performance.now() - start) / 1_000;
  const held = `${waiting} and (trigger_kind = 'time' or triggerer_id is not null)`;
  await untilCount(bench.database, held, SENSORS, 60_000);
  // Until the task processes that the worker kept from its busy time have ended.
  await sleep(45_000);
  const parts = {
    scheduler: bench.scheduler.pid!,
    worker: bench.workers[0]!.pid!,
    triggerer: triggerer.pid!,
    database: await postmaster(bench.database),
  };
  const measure = async () =>
    Object.fromEntries(await Promise.all(Object.entries(parts).map(async ([name, pid]) => [name, await usage(pid)])));
  const before = await measure();
  await sleep(WATCH_MS);
  const after = await measure();
  const percent = (name: string) => ((after[name].seconds - before[name].seconds) / (WATCH_MS / 1000)) * 100;
  const percents = Object.fromEntries(Object.keys(parts).map((name) => [name, Number(percent(name).toFixed(2))]));
  return {
    deferSeconds: Number(deferSeconds.toFixed(1)),
    percentOfACore: Number((percent("scheduler") + percent("worker") + percent("triggerer")).toFixed(2)),
    percents,
    triggererMegabytes: Math.round(after.triggerer.megabytes),
  };
}

/** The process above the one that serves a connection. */
async function postmaster(database: Database): Promise<number> {
  const { rows } = await database.query<{ pid: number }>("select pg_backend_pid() as pid");
  const stat = await readFile(path.join("/proc", String(rows[0]!.pid), "stat"), "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
