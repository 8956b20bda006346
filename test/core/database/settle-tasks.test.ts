import test from "ava";
import { expandTasks } from "#core/database/expand-tasks.ts";
import { settleTasks } from "#core/database/ready-tasks.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { plainDag } from "../../scheduler/runs/plain-dag.ts";
import { startRun, storeSerializedDag } from "./dag-fixture.ts";

const MANY = 10_000;

test("a run's decisions are stored wholly, or not at all when somebody was faster; other runs do not mind", async (t) => {
  await using fixture = await createTestDatabase();
  const db = fixture.database;
  await storeSerializedDag(db, plainDag({ tasks: [{ id: "each", over: MANY }] }));
  const [run, other] = [await startRun(db, "d", new Date(0)), await startRun(db, "d", new Date(1))];
  const length = { taskId: "each", length: MANY, retries: 0 };
  await expandTasks(db, [
    { dagRunId: run, ...length },
    { dagRunId: other, ...length },
  ]);
  const decided = [run, other].flatMap((dagRunId) =>
    Array.from({ length: MANY }, (_, mapIndex) => ({ dagRunId, taskId: "each", mapIndex, state: "skipped" as const })),
  );
  await db.query("update task_instance set state = 'success' where dag_run_id = $1 and map_index = 7", [run]);
  t.is(await settleTasks(db, decided), MANY);
  const { rows } = await db.query(
    "select dag_run_id, state, count(*)::integer as count from task_instance group by 1, 2 order by 1, 3",
  );
  t.deepEqual(rows, [
    { dag_run_id: run, state: "success", count: 1 },
    { dag_run_id: run, state: null, count: MANY - 1 },
    { dag_run_id: other, state: "skipped", count: MANY },
  ]);
});
