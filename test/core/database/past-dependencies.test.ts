import "#test/helpers/property-seed.ts";
import test from "ava";
import fc from "fast-check";
import type { Queryable } from "#core/database/connect.ts";
import { arePastDependenciesMet, type PastDependency } from "#core/database/past-dependencies.ts";
import { uuid7 } from "#core/uuid7.ts";
import { Dag } from "#sdk/index.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { seedDag } from "#test/webserver/helpers/seed.ts";

/** The states of a task's instances, by map index, or of its only one. */
type States = Readonly<Record<string, string | null | readonly (string | null)[]>>;

interface Run {
  /** Null: no logical date. */
  readonly day: number | null;
  readonly type?: "scheduled" | "manual" | "backfill";
  /** Its place in a backfill. */
  readonly ordinal?: number;
  readonly tasks: States;
}

const dayOf = (number: number) => new Date(Date.UTC(2024, 0, number));

/** Writes runs of a DAG, and returns their ids. */
async function seedRuns(db: Queryable, dagId: string, runs: readonly Run[]): Promise<number[]> {
  await seedDag(db, new Dag(dagId));
  const { rows: backfills } = await db.query<{ id: number }>(
    `insert into backfill (dag_id, from_date, to_date, reprocess_behavior, max_active_runs)
     values ($1, now(), now(), 'none', 1) returning id`,
    [dagId],
  );
  const ids: number[] = [];
  for (const [place, { day, type = "scheduled", ordinal, tasks }] of runs.entries()) {
    const { rows } = await db.query<{ id: number }>(
      `insert into dag_run (dag_id, run_id, run_type, state, logical_date, run_after, triggered_by, dag_version_id, backfill_id)
       select $1, $2, $3, 'running', $4, now(), 'test', dag_version_id, $5 from dag where dag_id = $1 returning id`,
      [dagId, `run_${place}`, type, day === null ? null : dayOf(day), ordinal === undefined ? null : backfills[0]!.id],
    );
    const id = rows[0]!.id;
    ids.push(id);
    if (ordinal !== undefined) {
      await db.query(
        "insert into backfill_dag_run (backfill_id, dag_run_id, logical_date, sort_ordinal) values ($1, $2, now(), $3)",
        [backfills[0]!.id, id, ordinal],
      );
    }
    const instances = Object.entries(tasks).flatMap(([taskId, states]) =>
      [states].flat().map((state, index) => ({ taskId, state, mapIndex: Array.isArray(states) ? index : -1 })),
    );
    await db.query(
      `insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, map_index, state, max_tries, operator, pool,
                                  pool_slots, queue, priority_weight, order_date)
       select t.id, $1, $2, $3, t.task_id, t.map_index, t.state, 0, 'x', 'default_pool', 1, 'default', 1, now()
         from unnest($4::uuid[], $5::text[], $6::integer[], $7::text[]) as t (id, task_id, map_index, state)`,
      [
        id,
        dagId,
        `run_${place}`,
        instances.map(() => uuid7()),
        instances.map(({ taskId }) => taskId),
        instances.map(({ mapIndex }) => mapIndex),
        instances.map(({ state }) => state),
      ],
    );
  }
  return ids;
}

type Rules = Partial<Omit<PastDependency, "dagRunId" | "taskId">>;
const NO_RULES = { taskId: "t", ignoreFirst: false, catchup: false, startDate: null, downstream: [] };

interface Case {
  readonly title: string;
  /** The last one is asked about. */
  readonly runs: readonly Run[];
  readonly rules?: Rules;
  readonly met: boolean;
}

const waiting = { t: null };
const CASES: readonly Case[] = [
  { title: "the first run of a DAG may go", runs: [{ day: 2, tasks: waiting }], met: true },
  {
    title: "success before",
    runs: [
      { day: 1, tasks: { t: "success" } },
      { day: 2, tasks: waiting },
    ],
    met: true,
  },
  {
    title: "skipped before",
    runs: [
      { day: 1, tasks: { t: "skipped" } },
      { day: 2, tasks: waiting },
    ],
    met: true,
  },
  ...[null, "scheduled", "queued", "running", "failed", "upstream_failed", "up_for_retry", "deferred", "removed"].map(
    (state) => ({
      title: `${state ?? "no state"} before holds it back`,
      runs: [
        { day: 1, tasks: { t: state } },
        { day: 2, tasks: waiting },
      ],
      met: false,
    }),
  ),
  {
    title: "only the run directly before counts",
    runs: [
      { day: 1, tasks: { t: "failed" } },
      { day: 2, tasks: { t: "success" } },
      { day: 3, tasks: waiting },
    ],
    met: true,
  },
  {
    title: "a later run does not count",
    runs: [
      { day: 3, tasks: { t: "failed" } },
      { day: 2, tasks: waiting },
    ],
    met: true,
  },
  {
    title: "without catchup the run before is of any kind",
    runs: [
      { day: 1, tasks: { t: "success" } },
      { day: 2, type: "manual", tasks: { t: "failed" } },
      { day: 3, tasks: waiting },
    ],
    met: false,
  },
  {
    title: "with catchup runs that users started do not count",
    runs: [
      { day: 1, tasks: { t: "success" } },
      { day: 2, type: "manual", tasks: { t: "failed" } },
      { day: 3, tasks: waiting },
    ],
    rules: { catchup: true },
    met: true,
  },
  {
    title: "with catchup runs of backfills count",
    runs: [
      { day: 1, tasks: { t: "success" } },
      { day: 2, type: "backfill", tasks: { t: "failed" } },
      { day: 3, tasks: waiting },
    ],
    rules: { catchup: true },
    met: false,
  },
  {
    title: "with catchup a run before the task's start date is no past",
    runs: [
      { day: 1, tasks: {} },
      { day: 2, tasks: waiting },
    ],
    rules: { catchup: true, startDate: dayOf(2) },
    met: true,
  },
  {
    title: "a task that the run before did not have is held back",
    runs: [
      { day: 1, tasks: {} },
      { day: 2, tasks: waiting },
    ],
    met: false,
  },
  {
    title: "ignoreFirstDependsOnPast lets a task go that no earlier run had",
    runs: [
      { day: 1, tasks: {} },
      { day: 2, tasks: waiting },
    ],
    rules: { ignoreFirst: true },
    met: true,
  },
  {
    title: "ignoreFirstDependsOnPast does not help a task that an earlier run had",
    runs: [
      { day: 1, tasks: { t: "success" } },
      { day: 2, tasks: {} },
      { day: 3, tasks: waiting },
    ],
    rules: { ignoreFirst: true },
    met: false,
  },
  {
    title: "all mapped instances before have to have succeeded or been skipped",
    runs: [
      { day: 1, tasks: { t: ["success", "skipped", "failed"] } },
      { day: 2, tasks: waiting },
    ],
    met: false,
  },
  {
    title: "mapped instances before that succeeded or were skipped",
    runs: [
      { day: 1, tasks: { t: ["success", "skipped"] } },
      { day: 2, tasks: waiting },
    ],
    met: true,
  },
  {
    title: "what is directly downstream before has to be done as well",
    runs: [
      { day: 1, tasks: { t: "success", below: "running", other: "success" } },
      { day: 2, tasks: waiting },
    ],
    rules: { downstream: ["below", "other"] },
    met: false,
  },
  {
    title: "what is directly downstream before is done",
    runs: [
      { day: 1, tasks: { t: "success", below: "skipped", far: "failed" } },
      { day: 2, tasks: waiting },
    ],
    rules: { downstream: ["below"] },
    met: true,
  },
  {
    title: "the first run of a backfill may go",
    runs: [
      { day: 1, tasks: { t: "failed" } },
      { day: 2, type: "backfill", ordinal: 1, tasks: waiting },
    ],
    met: true,
  },
  {
    title: "the second run of a backfill waits for the first",
    runs: [
      { day: 1, type: "backfill", ordinal: 1, tasks: { t: "running" } },
      { day: 2, type: "backfill", ordinal: 2, tasks: waiting },
    ],
    met: false,
  },
  {
    title: "a run without a logical date has no past",
    runs: [
      { day: 1, tasks: { t: "failed" } },
      { day: null, tasks: waiting },
    ],
    met: true,
  },
];

test("what a task instance depends on in the past", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const asked: PastDependency[] = [];
  for (const [place, { runs, rules }] of CASES.entries()) {
    const ids = await seedRuns(db, `dag_${place}`, runs);
    asked.push({ ...NO_RULES, ...rules, dagRunId: ids.at(-1)! });
  }
  const met = await arePastDependenciesMet(db, asked);
  for (const [place, { title, met: expected }] of CASES.entries()) t.is(met[place], expected, title);
  t.is(met.length, CASES.length);
});

const STATES = [null, "running", "success", "success", "success", "skipped", "failed", "removed"];
const state = fc.constantFrom(...STATES);
const run = fc.record({
  type: fc.constantFrom("scheduled" as const, "manual" as const, "backfill" as const),
  tasks: fc.record(
    { t: fc.oneof(state, fc.array(state, { minLength: 1, maxLength: 3 })), below: state },
    { requiredKeys: [] },
  ),
});
const rules = fc.record({
  ignoreFirst: fc.boolean(),
  catchup: fc.boolean(),
  startDate: fc.option(fc.integer({ min: 1, max: 6 }).map(dayOf)),
  downstream: fc.constantFrom([], ["below"]),
});

/** The rule, in plain words, over runs in the order of their days; the last one is asked about. */
function mayGo(
  runs: readonly (Run & { day: number })[],
  { ignoreFirst, catchup, startDate, downstream }: Required<Rules>,
) {
  const asked = runs.at(-1)!;
  if (asked.ordinal === 1) return true;
  const earlier = runs.slice(0, -1);
  const previous = earlier.findLast(({ type }) => !catchup || type !== "manual");
  if (previous === undefined) return true;
  if (catchup && startDate !== null && dayOf(previous.day) < startDate) return true;
  if (previous.tasks.t === undefined) return ignoreFirst && earlier.every(({ tasks }) => tasks.t === undefined);
  const needed = ["t", ...downstream].flatMap((id) => previous.tasks[id] ?? (id in previous.tasks ? [null] : []));
  return needed.every((one) => one === "success" || one === "skipped");
}

test("random pasts are judged as a plain reading of the rule judges them", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  let number = 0;
  const property = fc.asyncProperty(
    fc.array(run, { minLength: 1, maxLength: 5 }),
    rules,
    fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
    async (drawn, drawnRules, ordinal) => {
      number += 1;
      const runs = drawn.map((one, place) => ({
        ...one,
        day: place + 1,
        ...(place === drawn.length - 1 && ordinal !== undefined && { ordinal }),
      }));
      const ids = await seedRuns(db, `random_${number}`, runs);
      const [met] = await arePastDependenciesMet(db, [{ ...NO_RULES, ...drawnRules, dagRunId: ids.at(-1)! }]);
      return met === mayGo(runs, drawnRules as Required<Rules>);
    },
  );
  await t.notThrowsAsync(fc.assert(property, { numRuns: 150 }));
});
