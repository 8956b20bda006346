import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { type Bench, startBench } from "#bench/harness.ts";
import { startRun, untilSuccess } from "#bench/runs.ts";
import { ledgerDag, overlaps, readExecutions } from "./ledger.ts";

const LAYERS = 8;
const WIDTH = 3;

/** What happens to Daisy while a run is under way; `started` waits until so many tasks have been started. */
interface Fault {
  readonly title: string;
  readonly happen: (bench: Bench, started: (count: number) => Promise<void>) => Promise<void>;
}

const FAULTS: readonly Fault[] = [
  {
    title: "kill -9 of the worker, then of the scheduler",
    async happen(bench, started) {
      await started(4);
      bench.workers[0]!.kill("SIGKILL");
      bench.start("celery", "worker");
      await started(10);
      bench.scheduler.kill("SIGKILL");
      bench.start("scheduler");
    },
  },
  {
    title: "a stop of PostgreSQL for three seconds",
    async happen(bench, started) {
      await started(5);
      await bench.services.postgres.stop();
      await sleep(3_000);
      await bench.services.postgres.restart();
    },
  },
  {
    title: "a stop of Redis for three seconds, and the loss of all it held",
    async happen(bench, started) {
      await started(5);
      await bench.services.redis?.stop();
      await sleep(3_000);
      await rm(path.join(bench.home, "redis", "appendonlydir"), { recursive: true, force: true });
      await bench.services.redis?.restart();
    },
  },
];

for (const { title, happen } of FAULTS) {
  test.serial(`a run survives ${title}: it succeeds, and no task runs twice at once`, async (t) => {
    await using bench = await startBench();
    const ledger = path.join(bench.home, "ledger");
    await bench.writeDag("ledger.ts", ledgerDag("ledger", ledger, { layers: LAYERS, width: WIDTH }));
    await bench.untilDags(1);
    const id = await startRun(bench.database, "ledger");
    await happen(bench, (count) => untilStarted(ledger, count));
    await untilSuccess(bench.database, [id], 90_000);
    const executions = await readExecutions(ledger);
    t.deepEqual(overlaps(executions), []);
    t.is(new Set(executions.map((execution) => execution.taskId)).size, LAYERS * WIDTH);
  });
}

test.serial("the examples that ship are shown when the configuration says so, and each of them runs", async (t) => {
  await using bench = await startBench({ settings: { AIRFLOW__CORE__LOAD_EXAMPLES: "True" } });
  const examples = (await readdir("dags/examples"))
    .flatMap((file) => (file.endsWith(".ts") ? path.parse(file).name : []))
    .sort();
  await bench.untilDags(examples.length);
  const { rows } = await bench.database.query<{ dag_id: string }>("select dag_id from dag order by dag_id");
  const dagIds = rows.map((row) => row.dag_id);
  t.deepEqual(dagIds, examples);
  const ids = await Promise.all(dagIds.map((dagId) => startRun(bench.database, dagId)));
  await untilSuccess(bench.database, ids, 60_000);
  const sum = await bench.database.query("select value from xcom where task_id = 'sum' and key = 'return_value'");
  t.deepEqual(sum.rows, [{ value: 3 }]);
});

async function untilStarted(ledger: string, count: number): Promise<void> {
  for (let tick = 0; tick < 3_000; tick++) {
    if ((await readExecutions(ledger)).length >= count) return;
    await sleep(20);
  }
  throw new Error(`Fewer than ${count} tasks started within a minute`);
}
