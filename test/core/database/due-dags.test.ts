import test from "ava";
import { transaction } from "#core/database/connect.ts";
import { lockDueDags } from "#core/database/due-dags.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { sideBySide, storeDag } from "./dag-fixture.ts";

test("a DAG whose run one scheduler is creating is left out by the others, which do not wait for it", async (t) => {
  await using fixture = await createTestDatabase();
  const db = fixture.database;
  await storeDag(db, "a", sideBySide("t"), { schedule: "@daily", startDate: new Date("2024-01-01T00:00:00Z") });
  const dueTo = (limit: number) =>
    transaction(db, async (tx) => (await lockDueDags(tx, limit)).map((dag) => dag.dagId));
  await transaction(db, async (tx) => {
    t.deepEqual(
      (await lockDueDags(tx, 10)).map((dag) => dag.dagId),
      ["a"],
    );
    t.deepEqual(await dueTo(10), []);
  });
  t.deepEqual(await dueTo(10), ["a"]);
});
