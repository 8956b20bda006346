import test from "ava";
import { type Bench, startBench } from "#bench/harness.ts";
import { startRun } from "#bench/runs.ts";
import { transaction } from "#core/database/connect.ts";
import { findHitlDetail } from "#core/database/console-hitl.ts";
import { answerQuestionOfTask } from "#core/database/human-input.ts";
import { statesOfRun } from "#test/helpers/run-states.ts";
import { until } from "#test/helpers/until.ts";

const DAGS = `
import { Dag } from "apache-airflow-ts-sdk";
import { approval, hitl } from "apache-airflow-ts-sdk/hitl";
import { hitl as ours } from "daisy/hitl";

const place = (dag, id, run, options) => dag.task(id, run, options)();

const choose = new Dag("choose");
const rows = place(choose, "rows", async () => 3);
choose.task("ask", hitl({
  subject: ({ rows }) => "Publish " + rows + " rows?",
  body: async ({ rows }) => (rows > 2 ? "many" : null),
  options: ["yes", "no"],
  params: { note: { value: "", schema: { type: "string" } } },
}))({ rows });

for (const [dagId, options] of Object.entries({ skips: {}, skips_all: { ignoreDownstreamTriggerRules: true }, fails: { failOnReject: true } })) {
  const dag = new Dag(dagId);
  const sign = place(dag, "sign_off", approval({ subject: "Go?", ...options }));
  const next = place(dag, "next", async () => undefined).after(sign);
  place(dag, "last", async () => undefined, { triggerRule: "all_done" }).after(next);
}

const late = new Dag("late");
place(late, "defaults", ours({ subject: "Well?", options: ["a", "b"], defaults: ["b"], params: { n: { value: 1 } }, responseTimeout: 1 }));
place(late, "nobody", ours({ subject: "Well?", options: ["a"], responseTimeout: 1 }));
place(late, "empty", ours({ subject: () => "", options: ["a"] }));
`;

let bench: Bench;
test.before(async () => {
  bench = await startBench();
  await bench.writeDag("human.ts", DAGS);
  await bench.untilDags(5);
});
test.after.always(() => bench?.[Symbol.asyncDispose]());

const statesOf = (id: number) => statesOfRun(bench.database, id);

/** Answers a task as soon as it waits for that. */
async function answer(dagRunId: number, taskId: string, chosen: string, input: object = {}) {
  const question = await until(`${taskId} asks`, async () => {
    const hitl = await findHitlDetail(bench.database, { dagRunId, taskId, mapIndex: -1 });
    return hitl?.is_waiting ? hitl : undefined;
  });
  const given = {
    chosen_options: [chosen],
    params_input: input as Record<string, never>,
    responded_by_user: { id: "ann", name: "Ann" },
  };
  await transaction(bench.database, (tx) => answerQuestionOfTask(tx, question.id, given));
  return question;
}

async function ended(id: number): Promise<string> {
  return until(`run ${id} ends`, async () => {
    const { rows } = await bench.database.query<{ state: string }>(
      "select state from dag_run where id = $1 and state in ('success', 'failed')",
      [id],
    );
    return rows[0]?.state;
  });
}

async function resultOf(id: number, taskId: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await bench.database.query<{ value: Record<string, unknown> }>(
    "select value from xcom where dag_run_id = $1 and task_id = $2 and key = 'return_value'",
    [id, taskId],
  );
  return rows[0]?.value;
}

test.serial("a task asks with texts made of its inputs, and its result is the answer", async (t) => {
  const id = await startRun(bench.database, "choose");
  const asked = await answer(id, "ask", "yes", { note: "fine" });
  t.like(asked, { subject: "Publish 3 rows?", body: "many", options: ["yes", "no"], assigned_users: [] });
  t.is(await ended(id), "success");
  const result = await resultOf(id, "ask");
  t.like(result, {
    chosen_options: ["yes"],
    params_input: { note: "fine" },
    responded_by_user: { id: "ann", name: "Ann" },
    timedout: false,
  });
  t.regex(String(result!.responded_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const { rows } = await bench.database.query(
    "select try_number from task_instance where dag_run_id = $1 and task_id = 'ask'",
    [id],
  );
  t.is(rows[0].try_number, 1);
});

const REJECTED: readonly [dagId: string, run: string, states: Record<string, string>][] = [
  ["skips", "success", { sign_off: "success", next: "skipped", last: "success" }],
  ["skips_all", "success", { sign_off: "success", next: "skipped", last: "skipped" }],
  ["fails", "success", { sign_off: "failed", next: "upstream_failed", last: "success" }],
];

for (const [dagId, state, states] of REJECTED) {
  test.serial(`a rejection in ${dagId} has the states that Airflow gives`, async (t) => {
    const id = await startRun(bench.database, dagId);
    await answer(id, "sign_off", "Reject");
    t.is(await ended(id), state);
    t.deepEqual(await statesOf(id), states);
    t.is(await resultOf(id, "sign_off"), undefined);
  });
}

test.serial("an approval lets what comes after it run", async (t) => {
  const id = await startRun(bench.database, "skips");
  await answer(id, "sign_off", "Approve");
  t.is(await ended(id), "success");
  t.deepEqual(await statesOf(id), { sign_off: "success", next: "success", last: "success" });
  t.like(await resultOf(id, "sign_off"), { chosen_options: ["Approve"] });
});

test.serial("when nobody answers in time the defaults do, and without them the task fails", async (t) => {
  const id = await startRun(bench.database, "late");
  t.is(await ended(id), "failed");
  t.deepEqual(await statesOf(id), { defaults: "success", nobody: "failed", empty: "failed" });
  t.like(await resultOf(id, "defaults"), {
    chosen_options: ["b"],
    params_input: { n: 1 },
    responded_by_user: null,
    timedout: true,
  });
  const hitl = await findHitlDetail(bench.database, { dagRunId: id, taskId: "defaults", mapIndex: -1 });
  t.like(hitl, { chosen_options: ["b"], params_input: { n: 1 }, responded_by: null, is_waiting: false });
  t.not(hitl!.responded_at, null);
});
