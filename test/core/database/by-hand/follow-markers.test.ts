import test from "ava";
import { clearInstances } from "#core/database/by-hand/clear-instances.ts";
import type { Database } from "#core/database/connect.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { externalTaskMarker } from "#sdk/index.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { storeDag } from "../dag-fixture.ts";

const DAY = new Date("2024-01-01T00:00:00Z");

interface Target {
  readonly dagId: string;
  readonly logicalDate?: string;
  readonly recursionDepth?: number;
}

/** A DAG waits → work → mark, whose marker names `waits` of another DAG, with a run of the day. */
async function seed(db: Database, dagId: string, target?: Target, date = DAY): Promise<void> {
  await storeDag(db, dagId, (dag) => {
    const [waits, work] = ["waits", "work"].map((id) => dag.task(id, async () => undefined)());
    waits!.before(work!);
    if (target === undefined) return;
    const { dagId: externalDagId, ...options } = target;
    const marker = externalTaskMarker({ externalDagId, externalTaskId: "waits", ...options });
    work!.before(dag.task(marker, { taskId: "mark" })());
  });
  await createManualRun(db, { dagId, runId: `run_of_${dagId}`, logicalDate: date, triggeredBy: "test" });
}

async function clear(db: Database, options: { recursive?: boolean; downstream?: boolean } = {}): Promise<string[]> {
  const choice = { dagId: "first", runs: { runId: "run_of_first" }, tasks: ["work"], downstream: true, ...options };
  const said = await clearInstances(db, choice, { dryRun: true });
  return said.map(({ dagId, taskId }) => `${dagId}.${taskId}`);
}

test("a marker leads to the task of the other DAG that waits, and what is below it", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await seed(db, "first", { dagId: "second" });
  await seed(db, "second", { dagId: "third" });
  await seed(db, "third");
  const own = ["first.mark", "first.work"];
  const second = ["second.mark", "second.waits", "second.work"];
  t.deepEqual(await clear(db), [...own, ...second, "third.waits", "third.work"]);
  t.deepEqual(await clear(db, { recursive: false }), own);
  t.deepEqual(await clear(db, { downstream: false }), ["first.work"]);
});

test("a marker leads to the run of its own date, unless it names one", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await seed(db, "second", undefined, new Date("2024-02-02T00:00:00Z"));
  await seed(db, "first", { dagId: "second" });
  t.deepEqual(await clear(db), ["first.mark", "first.work"]);
  await db.query("delete from dag_run where dag_id = 'first'");
  await seed(db, "first", { dagId: "second", logicalDate: "2024-02-02" });
  t.deepEqual(await clear(db), ["first.mark", "first.work", "second.waits", "second.work"]);
  await db.query("delete from dag_run where dag_id = 'first'");
  await seed(db, "first", { dagId: "second", logicalDate: "{{ ds }}" });
  await t.throwsAsync(clear(db), { code: "MARKER_DATE_INVALID" });
});

test("markers that lead in a circle end where it closes", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await seed(db, "first", { dagId: "second" });
  await seed(db, "second", { dagId: "first" });
  t.deepEqual((await clear(db)).toSorted(), [
    "first.mark",
    "first.waits",
    "first.work",
    "second.mark",
    "second.waits",
    "second.work",
  ]);
});

test("the first marker says how often markers may lead on", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await seed(db, "first", { dagId: "second", recursionDepth: 1 });
  await seed(db, "second", { dagId: "third" });
  await seed(db, "third");
  await t.throwsAsync(clear(db), {
    code: "MARKERS_TOO_DEEP",
    message: /^Maximum recursion depth 1 reached for ExternalTaskMarker mark\./,
  });
});
