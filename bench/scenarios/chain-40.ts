import { quantile, startBench, summarize } from "../harness.ts";
import { processorSeconds } from "../processor-seconds.ts";
import { runSeconds, startRun, untilSuccess } from "../runs.ts";

const REPEATS = 15;
const WARM_UP = 3;
const TASKS = 40;

const DAG = `
import { Dag } from "daisy";
const dag = new Dag("chain_40");
let last = dag.task("task_0", async () => undefined)();
for (let i = 1; i < ${TASKS}; i++) {
  const next = dag.task("task_" + i, async () => undefined)();
  last.before(next);
  last = next;
}
`;

/** A chain of 40 no-op tasks: the whole run, and the gap from one task's end to the next one's start. */
export async function chain40() {
  await using bench = await startBench({ dags: { "chain_40.ts": DAG } });
  await bench.untilDags(1);
  const ids: number[] = [];
  const run = async () => {
    const id = await startRun(bench.database, "chain_40");
    await untilSuccess(bench.database, [id]);
    return id;
  };
  for (let repeat = 0; repeat < WARM_UP; repeat++) await run();
  const processors = await processorSeconds(bench, REPEATS * TASKS, async () => {
    for (let repeat = 0; repeat < REPEATS; repeat++) ids.push(await run());
  });
  const seconds = await Promise.all(ids.map((id) => runSeconds(bench.database, id)));
  const { rows } = await bench.database.query<{ gap: number }>(
    `select extract(epoch from start_date - lag(end_date) over (partition by dag_run_id order by start_date))::float8 * 1000 as gap
     from task_instance where dag_run_id = any($1)`,
    [ids],
  );
  const gaps = rows.flatMap(({ gap }) => (gap === null ? [] : [gap])).sort((a, b) => a - b);
  return {
    wholeRunSeconds: summarize(seconds),
    gapMilliseconds: { p50: round(quantile(gaps, 0.5)), p99: round(quantile(gaps, 0.99)), gaps: gaps.length },
    processorSecondsPer1000Tasks: processors,
  };
}

const round = (value: number) => Number(value.toFixed(2));
