import { copyFile, mkdir, utimes } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { provideTaxiData } from "#setup/taxi-data/provide.ts";
import { startBench, summarize } from "../harness.ts";
import { runSeconds, startRun, untilSuccess } from "../runs.ts";

const REPEATS = 3;
const DAGS = fileURLToPath(new URL("../../dags/", import.meta.url));

/** The workshop's whole pipeline on 15,000 rows, with and without the Trainer's part. */
export async function workshop() {
  await using bench = await startBench();
  const to = path.join(bench.home, "data/taxi_data/data.csv");
  await provideTaxiData({ to, from: process.env.TAXI_DATA, log: () => undefined });
  await mkdir(path.join(bench.home, "dags"), { recursive: true });
  for (const file of ["taxi_utils_solution.ts", "taxi_pipeline_solution.ts"]) {
    await copyFile(path.join(DAGS, file), path.join(bench.home, "dags", file));
  }
  await bench.untilDags(1);
  const whole: number[] = [];
  const withoutTraining: number[] = [];
  const components: Record<string, number[]> = {};
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    // A data file of another age is new data: nothing is taken from the cache.
    await utimes(to, new Date(), new Date(Date.now() - repeat * 60_000));
    const id = await startRun(bench.database, "taxi_solution");
    await untilSuccess(bench.database, [id]);
    const seconds = await runSeconds(bench.database, id);
    const { rows } = await bench.database.query<{ task_id: string; seconds: number }>(
      "select task_id, extract(epoch from end_date - start_date)::float8 as seconds from task_instance where dag_run_id = $1",
      [id],
    );
    for (const row of rows) components[row.task_id] = [...(components[row.task_id] ?? []), row.seconds];
    const training = rows.find((row) => row.task_id === "Trainer")!.seconds;
    whole.push(seconds);
    withoutTraining.push(seconds - training);
  }
  return {
    wholeRunSeconds: summarize(whole, 2),
    withoutTrainingSeconds: summarize(withoutTraining, 2),
    componentSeconds: Object.fromEntries(
      Object.entries(components).map(([id, values]) => [id, summarize(values, 2).median]),
    ),
  };
}
