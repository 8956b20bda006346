import test from "ava";
import type { Database } from "#core/database/connect.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { startQueuedRuns } from "#core/database/dag-runs.ts";
import { listDagWarnings } from "#core/database/dag-warnings.ts";
import { queueTasks } from "#core/database/ready-tasks.ts";
import { hashDag } from "#scheduler/dag-files/hash-dag.ts";
import type { ParsedFile } from "#scheduler/dag-files/parse-protocol.ts";
import {
  type ParseFacts,
  type StoreOutcome,
  storeParsedFile,
  storeVanishedFile,
} from "#scheduler/dag-files/store-parsed-file.ts";
import { findVolatile } from "#scheduler/dag-files/volatile-parts.ts";
import { Dag } from "#sdk/dag.ts";
import { serializeDag } from "#sdk/serialize.ts";
import { createTestDatabase } from "#test/helpers/database.ts";

const DEFAULTS = { isPaused: false, maxActiveTasks: 16, maxActiveRuns: 16, catchup: false };

/** What a file with DAGs is parsed to. */
function parsed(file: string, code: string, ...dags: readonly Dag[]): ParsedFile {
  const serialized = dags.map((dag) => serializeDag(dag, { fileloc: `/dags/${file}`, relativeFileloc: file }));
  return {
    kind: "parsed",
    dags: serialized.map((one) => ({ serialized: one, serializedHash: hashDag(one) })),
    brokenDags: [],
    templates: [],
    source: code,
    bundle: code,
    codeHash: code,
    // Text behind a colon is what makes no difference.
    logicHash: code.split(":")[0]!,
    inputs: [],
    warnings: [],
  };
}

function dagWith(dagId: string, ...tasks: readonly string[]): Dag {
  const dag = new Dag(dagId);
  for (const id of tasks) dag.task(id, async () => undefined)();
  return dag;
}

function store(db: Database, file: string, answer: ParsedFile, facts: Partial<ParseFacts> = {}): Promise<StoreOutcome> {
  const place = { fileloc: `/dags/${file}`, relativeFileloc: file };
  return storeParsedFile(db, place, answer, DEFAULTS, { seconds: 0.1, ...facts });
}

async function versions(db: Database): Promise<{ number: number; code: string }[]> {
  const { rows } = await db.query<{ number: number; code: string }>(
    "select version_number as number, code_hash as code from dag_version order by version_number",
  );
  return rows;
}

test("a version that no run was made with is replaced under its number; one with a run stays, and so does its code", async (t) => {
  await using one = await createTestDatabase();
  const db = one.database;
  await store(db, "a.ts", parsed("a.ts", "one", dagWith("a", "x")));
  await store(db, "a.ts", parsed("a.ts", "two", dagWith("a", "x", "y")));
  t.deepEqual(await versions(db), [{ number: 1, code: "two" }]);
  const { rows: codes } = await db.query("select code_hash from dag_code");
  t.deepEqual(codes, [{ code_hash: "two" }]);
  await createManualRun(db, { dagId: "a", triggeredBy: "test" });
  for (let n = 0; n < 20; n++) await store(db, "a.ts", parsed("a.ts", "two", dagWith("a", "y", "x")));
  t.deepEqual(await versions(db), [{ number: 1, code: "two" }], "the order of tasks makes no difference");
  await store(db, "a.ts", parsed("a.ts", "two: with a comment", dagWith("a", "x", "y")));
  t.deepEqual(await versions(db), [{ number: 1, code: "two: with a comment" }], "and neither does a comment");
  await store(db, "a.ts", parsed("a.ts", "three", dagWith("a", "x", "y")));
  await store(db, "a.ts", parsed("a.ts", "four", dagWith("a", "x", "y")));
  t.deepEqual(await versions(db), [
    { number: 1, code: "two: with a comment" },
    { number: 2, code: "four" },
  ]);
});

test("runs that are created while versions are replaced have a version that is there", async (t) => {
  await using one = await createTestDatabase();
  const db = one.database;
  await store(db, "a.ts", parsed("a.ts", "0", dagWith("a", "x")));
  const storing = (async () => {
    for (let n = 1; n <= 30; n++) await store(db, "a.ts", parsed("a.ts", `${n}`, dagWith("a", "x", `y${n}`)));
  })();
  for (let n = 0; n < 15; n++) {
    const logicalDate = new Date(Date.UTC(2024, 0, n + 1));
    await createManualRun(db, { dagId: "a", logicalDate, triggeredBy: "test" });
  }
  await storing;
  const { rows } = await db.query(
    "select count(*)::int as runs from dag_run join dag_version v on v.id = dag_version_id",
  );
  t.deepEqual(rows, [{ runs: 15 }]);
});

test("of two files with one DAG id that come together, the first by path has it, whichever was parsed first", async (t) => {
  for (const order of [
    ["a.ts", "b.ts"],
    ["b.ts", "a.ts"],
  ]) {
    await using one = await createTestDatabase();
    const db = one.database;
    const outcomes = [];
    for (const file of order) {
      outcomes.push(await store(db, file, parsed(file, file, dagWith("twin", "x")), { age: 60_000 }));
    }
    const { rows } = await db.query("select relative_fileloc as file from dag");
    t.deepEqual(rows, [{ file: "a.ts" }]);
    const { rows: errors } = await db.query("select relative_fileloc as file, stack_trace as text from import_error");
    t.deepEqual(errors, [{ file: "b.ts", text: "Ignoring DAG twin from /dags/b.ts - also found in /dags/a.ts" }]);
    t.deepEqual(outcomes[1]!.robbed, order[0] === "b.ts" ? ["b.ts"] : []);
  }
});

test("a file that comes later takes no DAG id from one that has it, wherever it lies", async (t) => {
  await using one = await createTestDatabase();
  const db = one.database;
  await store(db, "b.ts", parsed("b.ts", "b", dagWith("twin", "x")), { age: 60_000 });
  const { error } = await store(db, "a.ts", parsed("a.ts", "a", dagWith("twin", "x")));
  t.is(error, "Ignoring DAG twin from /dags/a.ts - also found in /dags/b.ts");
});

test("a DAG whose file is gone keeps its history and starts nothing; it goes on when the file is back", async (t) => {
  await using one = await createTestDatabase();
  const db = one.database;
  const answer = parsed("a.ts", "a", dagWith("a", "x", "y"));
  await store(db, "a.ts", answer);
  const running = await createManualRun(db, { dagId: "a", triggeredBy: "test" });
  await startQueuedRuns(db, ["a"]);
  const task = (taskId: string) => ({ dagRunId: running.id, taskId, mapIndex: -1 });
  await queueTasks(db, [task("x")], 32);
  t.deepEqual(await storeVanishedFile(db, "a.ts"), ["a"]);
  await createManualRun(db, { dagId: "a", logicalDate: null, runId: "later", triggeredBy: "test" });
  await startQueuedRuns(db, ["a"]);
  await queueTasks(db, [task("y")], 32);
  const states = async () => {
    const { rows } = await db.query<{ state: string | null }>(
      "select r.state || ' ' || string_agg(task_id || ' ' || coalesce(ti.state, 'none'), ', ' order by task_id) as state from dag_run r join task_instance ti on ti.dag_run_id = r.id group by r.id order by r.id",
    );
    return rows.map(({ state }) => state);
  };
  t.deepEqual(await states(), ["running x queued, y none", "queued x none, y none"], "what was queued stays so");
  await store(db, "a.ts", answer);
  await startQueuedRuns(db, ["a"]);
  await queueTasks(db, [task("y")], 32);
  t.deepEqual(await states(), ["running x queued, y queued", "running x none, y none"]);
});

const unstable = (n: number) => {
  const dag = new Dag("a", { startDate: new Date(1_700_000_000_000 + n), tags: n % 2 ? ["x", "y"] : ["y", "x"] });
  dag.task("fixed", async () => undefined, { owner: `owner-${n}` })();
  dag.task(`random_${n}`, async () => undefined)();
  return dag;
};

test("a file with random ids and the time of day makes one version however often it is parsed, and a warning", async (t) => {
  await using one = await createTestDatabase();
  const db = one.database;
  await store(db, "a.ts", parsed("a.ts", "code", unstable(0)));
  await createManualRun(db, { dagId: "a", triggeredBy: "test" });
  for (let n = 1; n <= 20; n++) {
    const answer = parsed("a.ts", "code", unstable(n));
    const volatile = await findVolatile(db, answer, async () => parsed("a.ts", "code", unstable(n + 1_000)));
    await store(db, "a.ts", answer, { volatile });
  }
  t.deepEqual(await versions(db), [{ number: 1, code: "code" }]);
  const page = { limit: 10, offset: 0, orderBy: [] };
  const { rows, total } = await listDagWarnings(db, { dagId: "a" }, page);
  t.is(total, 1);
  t.like(rows[0], { warning_type: "runtime varying value" });
  t.regex(rows[0]!.message, /^Dag 'a' differs each time its file is loaded, by .*start_date/);
  // What differs for another reason is a new version, though the same code made it.
  const more = unstable(21);
  more.task("fetched", async () => undefined)();
  const answer = parsed("a.ts", "code", more);
  const again = unstable(2_000);
  again.task("fetched", async () => undefined)();
  await store(db, "a.ts", answer, {
    volatile: await findVolatile(db, answer, async () => parsed("a.ts", "code", again)),
  });
  t.is((await versions(db)).length, 2);
  // Repaired code has no warning.
  await store(db, "a.ts", parsed("a.ts", "repaired", dagWith("a", "x")));
  t.is((await listDagWarnings(db, {}, page)).total, 0);
});

test("a DAG with a pool that is not there has a warning until the pool is", async (t) => {
  await using one = await createTestDatabase();
  const db = one.database;
  const dag = new Dag("a");
  dag.task("x", async () => undefined, { pool: "narrow" })();
  dag.task("y", async () => undefined, { pool: "wide" })();
  await store(db, "a.ts", parsed("a.ts", "a", dag));
  const messages = async () => {
    const { rows } = await listDagWarnings(
      db,
      { type: "non-existent pool" },
      { limit: 10, offset: 0, orderBy: ["timestamp"] },
    );
    return rows.map(({ message }) => message);
  };
  t.deepEqual(await messages(), ["Dag 'a' references non-existent pools: ['narrow', 'wide']"]);
  await db.query("insert into pool (pool, slots, description) values ('wide', 3, '')");
  t.deepEqual(await messages(), ["Dag 'a' references non-existent pools: ['narrow']"]);
  await db.query("insert into pool (pool, slots, description) values ('narrow', 3, '')");
  t.deepEqual(await messages(), []);
});
