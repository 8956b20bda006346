import { startBench, summarize } from "../harness.ts";
import { processorSeconds } from "../processor-seconds.ts";
import { runSeconds, startRun, untilSuccess } from "../runs.ts";

const REPEATS = 3;
const ITEMS = 10_000;

const DAG = `
import { Dag } from "daisy";
const dag = new Dag("mapped", { maxActiveTasks: 20000 });
const list = dag.task("list", async () => Array.from({ length: ${ITEMS} }, (_, item) => item))();
const each = dag.task("each", async ({ item }: { item: number }) => undefined).expand({ item: list });
const join = dag.task("join", async () => undefined)();
each.before(join);
`;

/** A task over 10,000 items: from the list's end until all instances are there, and the whole run. */
export async function mapped10000() {
  const settings = { AIRFLOW__CORE__PARALLELISM: "2000", AIRFLOW__CORE__MAX_MAP_LENGTH: `${ITEMS}` };
  await using bench = await startBench({ dags: { "mapped.ts": DAG }, settings });
  await bench.database.query("update pool set slots = -1");
  await bench.untilDags(1);
  const whole: number[] = [];
  const expansion: number[] = [];
  const runOnce = async () => {
    const id = await startRun(bench.database, "mapped");
    await untilSuccess(bench.database, [id]);
    whole.push(await runSeconds(bench.database, id));
    // The statement that schedules the first instances begins when the one that makes the rows has been committed.
    const { rows } = await bench.database.query<{ instances: number; seconds: number }>(
      `select count(*)::integer as instances,
              extract(epoch from min(each.scheduled_at) - min(list.end_date))::float8 as seconds
         from task_instance each join task_instance list using (dag_run_id)
        where dag_run_id = $1 and each.task_id = 'each' and list.task_id = 'list'`,
      [id],
    );
    if (rows[0]!.instances !== ITEMS) throw new Error(`${rows[0]!.instances} instances, not ${ITEMS}`);
    expansion.push(rows[0]!.seconds);
  };
  const processors = await processorSeconds(bench, REPEATS * ITEMS, async () => {
    for (let repeat = 0; repeat < REPEATS; repeat++) await runOnce();
  });
  return {
    expansionSeconds: summarize(expansion),
    wholeRunSeconds: summarize(whole, 1),
    processorSecondsPer1000Tasks: processors,
  };
}
