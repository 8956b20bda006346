import test from "ava";
import { Dag } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };

test("what a task does not say is its group's, then the outer group's, then the DAG's", (t) => {
  const dag = new Dag("defaults", { defaultArgs: { retries: 1, owner: "dag", retryDelay: 60 } });
  const outer = dag.taskGroup("outer", { defaultArgs: { retries: 2 } });
  const inner = outer.taskGroup("inner", { defaultArgs: { owner: "inner" } });
  dag.task("plain", async () => 1)();
  dag.task("own", async () => 1, { retries: 5 })();
  dag.task("unsaid", async () => 1, { retries: undefined })();
  outer.task("a", async () => 1)();
  inner.task("b", async () => 1, { retryDelay: 300 })();
  const said = serializeDag(dag, FILE).dag.tasks.map(({ __var: { task_id, retries, owner, retry_delay } }) => [
    task_id,
    retries,
    owner,
    retry_delay,
  ]);
  t.deepEqual(said, [
    ["plain", 1, "dag", 60],
    ["own", 5, "dag", 60],
    ["unsaid", 1, "dag", 60],
    ["outer.a", 2, "dag", 60],
    ["outer.inner.b", 2, "inner", undefined],
  ]);
});

test("the DAG's default arguments are written in Airflow's wrapped form, and kept frozen", (t) => {
  const dag = new Dag("defaults", { defaultArgs: { retries: 1, retryDelay: 60, startDate: new Date(0) } });
  t.deepEqual((serializeDag(dag, FILE).dag as unknown as Record<string, unknown>).default_args, {
    __type: "dict",
    __var: {
      retries: 1,
      retry_delay: { __type: "timedelta", __var: 60 },
      start_date: { __type: "datetime", __var: 0 },
    },
  });
  t.true(Object.isFrozen(dag.spec.defaultArgs));
});

const WRONG: readonly (readonly [defaultArgs: unknown, message: RegExp])[] = [
  [{ retrys: 1 }, /^Unknown option "retrys" in the spec for the defaultArgs of Dag "defaults"$/],
  [{ taskId: "a" }, /^Unknown option "taskId"/],
  [7, /^spec for the defaultArgs of Dag "defaults" must be an object$/],
];

for (const [defaultArgs, message] of WRONG) {
  test(`defaultArgs ${JSON.stringify(defaultArgs)} are refused`, (t) => {
    t.throws(() => new Dag("defaults", { defaultArgs: defaultArgs as never }), { message });
  });
}
