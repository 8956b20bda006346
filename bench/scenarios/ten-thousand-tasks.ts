import { startBench, summarize } from "../harness.ts";
import { processorSeconds } from "../processor-seconds.ts";
import { startRun, untilSuccess } from "../runs.ts";

const DAGS = 100;
const RUNS = 10;
const TASKS = 10;
const REPEATS = 3;

const dag = (id: string) => `
import { Dag } from "daisy";
const dag = new Dag("${id}");
let last = dag.task("task_0", async () => undefined)();
for (let i = 1; i < ${TASKS}; i++) {
  const next = dag.task("task_" + i, async () => undefined)();
  last.before(next);
  last = next;
}
`;

/** 100 DAGs of ten tasks in a line, ten runs each, all started at once: seconds until the last run has ended. */
export async function tenThousandTasks() {
  const ids = Array.from({ length: DAGS }, (_, index) => `line_${index}`);
  const dags = Object.fromEntries(ids.map((id) => [`${id}.ts`, dag(id)]));
  const settings = { AIRFLOW__CORE__PARALLELISM: "2000" };
  await using bench = await startBench({ dags, settings });
  await bench.database.query("update pool set slots = -1");
  await bench.untilDags(DAGS);
  const seconds: number[] = [];
  const runAll = async () => {
    const start = performance.now();
    const runs = await Promise.all(
      Array.from({ length: RUNS }, () => ids)
        .flat()
        .map((id) => startRun(bench.database, id)),
    );
    await untilSuccess(bench.database, runs);
    seconds.push((performance.now() - start) / 1000);
  };
  const processors = await processorSeconds(bench, REPEATS * DAGS * RUNS * TASKS, async () => {
    for (let repeat = 0; repeat < REPEATS; repeat++) await runAll();
  });
  return { seconds: summarize(seconds, 1), processorSecondsPer1000Tasks: processors };
}
