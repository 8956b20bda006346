import { startBench, summarize } from "../harness.ts";
import { processorSeconds } from "../processor-seconds.ts";
import { runSeconds, startRun, untilSuccess } from "../runs.ts";

const REPEATS = 5;
const TASKS = 1002;

const DAG = `
import { Dag } from "daisy";
const dag = new Dag("fan_out_1000", { maxActiveTasks: 2000 });
const first = dag.task("first", async () => undefined)();
const last = dag.task("last", async () => undefined)();
for (let i = 0; i < 1000; i++) {
  const middle = dag.task("middle_" + i, async () => undefined)();
  first.before(middle);
  middle.before(last);
}
`;

/** One task, then a thousand side by side, then one: tasks a second over the whole run. */
export async function fanOut1000() {
  const settings = { AIRFLOW__CORE__PARALLELISM: "2000" };
  await using bench = await startBench({ dags: { "fan_out_1000.ts": DAG }, settings });
  // The default pool's 128 slots are a limit of their own.
  await bench.database.query("update pool set slots = -1");
  await bench.untilDags(1);
  const rates: number[] = [];
  const run = async () => {
    const id = await startRun(bench.database, "fan_out_1000");
    await untilSuccess(bench.database, [id]);
    return TASKS / (await runSeconds(bench.database, id));
  };
  await run();
  const processors = await processorSeconds(bench, REPEATS * TASKS, async () => {
    for (let repeat = 0; repeat < REPEATS; repeat++) rates.push(await run());
  });
  return { tasksPerSecond: summarize(rates, 0), processorSecondsPer1000Tasks: processors };
}
