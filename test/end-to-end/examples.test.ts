import { readdir } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { startBench } from "#bench/harness.ts";
import { startRun, untilSuccess } from "#bench/runs.ts";

test("the examples that ship are shown when the configuration says so, and each of them runs", async (t) => {
  await using bench = await startBench({ settings: { AIRFLOW__CORE__LOAD_EXAMPLES: "True" } });
  const examples = (await readdir("dags/examples"))
    .flatMap((file) => (file.endsWith(".ts") ? path.parse(file).name : []))
    .sort();
  await bench.untilDags(examples.length);
  const { rows } = await bench.database.query<{ dag_id: string }>("select dag_id from dag order by dag_id");
  const dagIds = rows.map((row) => row.dag_id);
  t.deepEqual(dagIds, examples);
  const ids = await Promise.all(dagIds.map((dagId) => startRun(bench.database, dagId)));
  await untilSuccess(bench.database, ids, 150_000);
  const sum = await bench.database.query("select value from xcom where task_id = 'sum' and key = 'return_value'");
  t.deepEqual(sum.rows, [{ value: 3 }]);
});
