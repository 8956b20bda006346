import test from "ava";
import type { Queryable } from "#core/database/connect.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { pruneOncePerRun } from "#worker/prune-rendered-fields.ts";

test("tries of runs that take turns have their DAG's fields pruned once for each new run", async (t) => {
  await using world = await createTestDatabase();
  let asked = 0;
  const db = {
    query: (...args: Parameters<Queryable["query"]>) => {
      asked += 1;
      return world.database.query(...args);
    },
  } as Queryable;
  const prune = pruneOncePerRun(30);
  for (const dagRunId of [1, 2, 1, 2, 3, 1, 3]) await prune(db, { dagId: "a", dagRunId });
  t.is(asked, 3);
  await prune(db, { dagId: "b", dagRunId: 1 });
  t.is(asked, 4);
});
