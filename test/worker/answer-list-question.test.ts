import test from "ava";
import type { Database } from "#core/database/connect.ts";
import { seedWorld, type WorldTask } from "#test/core/database/limits-world.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { answerListQuestion, type KnownLists } from "#worker/answer-list-question.ts";

const ITEMS = 500;

/** A run with a mapped task whose instances are to push results, and a task that is expanded over them. */
async function seed(db: Database): Promise<{ dagRunId: number; ask: (position: number) => Promise<string | null> }> {
  const above = Array.from({ length: ITEMS }, (_, mapIndex): WorldTask => ({ run: 0, taskId: "above", mapIndex }));
  const tasks = [...above, { run: 0, taskId: "below" }];
  const [dagRunId] = await seedWorld(db, { dags: [{ dagId: "a" }], runs: [{ dagId: "a", day: 1 }], tasks });
  await db.query("update task_instance set scheduled_at = now()");
  const { rows } = await db.query<{ id: string }>("select id from task_instance where task_id = 'below'");
  const known: KnownLists = new Map();
  const asking = { id: rows[0]!.id, dagRunId: dagRunId! };
  const ask = (index: number) =>
    answerListQuestion(db, known, asking, { about: "getItem", taskId: "above", mapIndex: null, index });
  return { dagRunId: dagRunId!, ask };
}

async function push(db: Database, dagRunId: number, which: string): Promise<void> {
  await db.query(
    `insert into xcom (dag_run_id, task_id, map_index, key, value)
     select dag_run_id, task_id, map_index, 'return_value', to_json(map_index) from task_instance
      where dag_run_id = $1 and task_id = 'above' and ${which}`,
    [dagRunId],
  );
}

test("an item is one of the results that were pushed, in the order of map indexes", async (t) => {
  await using base = await createTestDatabase();
  const { dagRunId, ask } = await seed(base.database);
  await push(base.database, dagRunId, "map_index % 2 = 1");
  t.deepEqual(await Promise.all([0, 1, 249, 250].map(ask)), ["1", "3", "499", null]);
});

test("a result that came with a rerun moves the items behind it for a try that was scheduled after that", async (t) => {
  await using base = await createTestDatabase();
  const { dagRunId, ask } = await seed(base.database);
  await push(base.database, dagRunId, "map_index <> 3");
  t.is(await ask(3), "4");
  await push(base.database, dagRunId, "map_index = 3");
  await base.database.query("update task_instance set scheduled_at = clock_timestamp() where task_id = 'below'");
  t.is(await ask(3), "3");
});

test("an item is looked up by its key, however many are before it", async (t) => {
  await using base = await createTestDatabase();
  const { dagRunId, ask } = await seed(base.database);
  await push(base.database, dagRunId, "true");
  t.is(await ask(0), "0");
  const listed: string[] = [];
  const { database } = base;
  const query = database.query.bind(database) as (config: { name: string }) => unknown;
  database.query = ((config: { name: string }) => {
    listed.push(config.name);
    return query(config);
  }) as unknown as Database["query"];
  t.deepEqual(await Promise.all([499, 250].map(ask)), ["499", "250"]);
  t.deepEqual(listed, ["find-listed-result", "find-listed-result"]);
});
