import test from "ava";
import * as subpath from "#sdk/hitl/index.ts";
import { approval, hitl } from "#sdk/hitl/index.ts";
import { Dag, type TaskOptions, withArgNames } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const ask = (more: object = {}) => hitl({ subject: "Which?", options: ["a"], ...more } as never);
const approve = (more: object = {}) => approval({ subject: "Go?", ...more } as never);

test("the subpath has Airflow's two names and no other", (t) => {
  t.deepEqual(Object.keys(subpath).sort(), ["approval", "hitl"]);
});

const WRONG: readonly [make: () => unknown, message: string][] = [
  [() => hitl(undefined as never), "hitl(...) takes an options object"],
  [() => approval([] as never), "approval(...) takes an options object"],
  [() => ask({ assignees: [] }), 'Unknown option "assignees" for hitl(...)'],
  [() => approve({ onReject: "skip" }), 'Unknown option "onReject" for approval(...)'],
  [() => approve({ options: ["a"] }), 'Unknown option "options" for approval(...)'],
  [() => ask({ subject: 1 }), 'hitl(...) needs a "subject": a string, or a function returning one'],
  [() => approve({ subject: "" }), 'approval(...) option "subject" cannot be empty'],
  [() => ask({ body: 1 }), 'hitl(...) option "body" must be a string, or a function returning one'],
  [() => ask({ options: [] }), 'hitl(...) needs "options": a non-empty array of strings'],
  [() => ask({ options: ["a", ""] }), 'hitl(...) option "options" holds a value that is not a non-empty string'],
  [() => ask({ options: ["a", "b", "a"] }), 'hitl(...) option "options" lists "a" twice'],
  [() => ask({ multiple: "yes" }), 'hitl(...) option "multiple" must be a boolean'],
  [() => ask({ defaults: [] }), 'hitl(...) option "defaults" must be a non-empty array of options'],
  [() => ask({ defaults: ["b"] }), 'hitl(...) option "defaults" holds "b", which is not one of the options ["a"]'],
  [() => ask({ options: ["a", "b"], defaults: ["a", "b"] }), 'hitl(...) gives 2 defaults, but "multiple" is not set'],
  [() => approve({ defaults: ["Approve"] }), 'approval(...) option "defaults" must be "Approve" or "Reject"'],
  [() => approve({ failOnReject: 1 }), 'approval(...) option "failOnReject" must be a boolean'],
  ...[0, 1.5, -1, "1"].map((responseTimeout): [() => unknown, string] => [
    () => ask({ responseTimeout }),
    'hitl(...) option "responseTimeout" must be a positive whole number of seconds',
  ]),
  [() => ask({ assignedUsers: {} }), 'hitl(...) option "assignedUsers" must be an array of { id, name }'],
  [
    () => ask({ assignedUsers: [{ id: "", name: "x" }] }),
    'hitl(...) option "assignedUsers" holds {"id":"","name":"x"}; each user is { id, name } with a non-empty string id',
  ],
  [() => ask({ params: [] }), 'hitl(...) option "params" must be an object of { value, ... } by name'],
  [() => ask({ params: { _options: {} } }), 'hitl(...) option "params": "_options" is not allowed in params'],
  [() => ask({ params: { p: 1 } }), 'hitl(...) param "p" must be an object of { value, ... }'],
  [() => ask({ params: { p: { value: 1, k: 1 } } }), 'hitl(...) param "p" has an unknown key "k"'],
  [() => ask({ params: { p: {} } }), 'hitl(...) param "p" needs a "value"'],
  [
    () => ask({ params: { p: { value: 1, description: 1 } } }),
    'hitl(...) param "p" key "description" must be a string',
  ],
  [
    () => approve({ params: { p: { value: 1, schema: [] } } }),
    'approval(...) param "p" key "schema" must be a JSON Schema object',
  ],
  [
    () => ask({ subject: withArgNames({ n: "a" }, () => ""), body: withArgNames({ n: "b" }, () => "") }),
    'hitl(...) maps the input "n" to "a" in its subject and to "b" in its body; use one name for it',
  ],
  [
    () => new Dag("d").task("t", ask(), { executionTimeout: 5 }),
    'Task "t" of Dag "d" is a human-in-the-loop task, which does not enforce executionTimeout; use responseTimeout instead',
  ],
  [
    () => new Dag("d").task(ask()),
    'A human-in-the-loop task of Dag "d" has no taskId; name it with dag.task("choose", hitl({ subject: "...", options: ["..."] }))',
  ],
  [
    () => new Dag("d").task(approve()),
    'A human-in-the-loop task of Dag "d" has no taskId; name it with dag.task("sign_off", approval({ subject: "..." }))',
  ],
];

for (const [index, [make, message]] of WRONG.entries()) {
  test(`refused (${index}): ${message}`, (t) => {
    t.is(t.throws(make)?.message, message);
  });
}

test("what is written of such tasks is what Airflow's SDK writes", (t) => {
  const written = (run: ReturnType<typeof ask>, options: TaskOptions = {}) => {
    const dag = new Dag("d");
    dag.task("t", run, options)();
    return serializeDag(dag, { fileloc: "", relativeFileloc: "" }).dag.tasks[0]!.__var;
  };
  const { _operator_name, _can_skip_downstream } = written(ask());
  t.deepEqual([_operator_name, _can_skip_downstream], ["HITLOperator", undefined]);
  const approvalTask = written(approve() as never);
  t.deepEqual([approvalTask._operator_name, approvalTask._can_skip_downstream], ["ApprovalOperator", true]);
});

test("subject and body take the task's inputs, typed", (t) => {
  const dag = new Dag("d");
  const rows = dag.task("rows", async () => 3)();
  const choose = dag.task(
    "choose",
    hitl({
      subject: ({ rows }: { rows: number }) => `Publish ${rows} rows?`,
      body: async ({ rows }: { rows: number }) => (rows > 2 ? "many" : null),
      options: ["yes", "no"],
    }),
  );
  choose({ rows });
  t.deepEqual(dag.taskIds, ["rows", "choose"]);
});
