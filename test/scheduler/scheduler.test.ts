import test from "ava";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { startFakeWorker } from "./fake-worker.ts";
import { startTestScheduler, type TestScheduler } from "./support.ts";

const chain = (id: string, length: number) => `
import { Dag } from "daisy";
const dag = new Dag("${id}");
let last;
for (let i = 0; i < ${length}; i++) {
  const task = dag.task("t" + i, async () => i)();
  if (last) last.before(task);
  last = task;
}
`;

async function hasDag({ database }: TestScheduler, dagId: string): Promise<boolean> {
  const { rowCount } = await database.query("select 1 from dag where dag_id = $1 and not is_stale", [dagId]);
  return rowCount === 1;
}

async function runState({ database }: TestScheduler, id: number): Promise<string> {
  const { rows } = await database.query("select state from dag_run where id = $1", [id]);
  return rows[0].state;
}

test("a chain runs from its file to the end of its run", async (t) => {
  await using scheduler = await startTestScheduler();
  await using _worker = await startFakeWorker(scheduler.config, scheduler.database);
  await scheduler.write("chain.ts", chain("chain", 40));
  await scheduler.until("the file is loaded", () => hasDag(scheduler, "chain"));
  for (let round = 0; round < 5; round++) {
    const startedAt = performance.now();
    const { id } = await createManualRun(scheduler.database, { dagId: "chain", triggeredBy: "test" });
    await scheduler.until("the run ends", async () => (await runState(scheduler, id)) === "success");
    t.log(`${(performance.now() - startedAt).toFixed(0)} ms`);
  }
  const { rows } = await scheduler.database.query(
    "select count(*)::int as n, min(try_number) as least, max(try_number) as most from task_instance where state = 'success'",
  );
  t.deepEqual(rows[0], { n: 200, least: 1, most: 1 });
});
