import test from "ava";
import { Dag } from "#sdk/dag.ts";
import { operator } from "#sdk/operator.ts";
import { bash } from "#sdk/operators/bash.ts";
import { triggerDagRun } from "#sdk/operators/trigger-dag-run.ts";
import { serializeDag } from "#sdk/serialize.ts";
import { hasTemplate, snakeCase, withRendered } from "#sdk/template-fields.ts";

const FILE = { fileloc: "/dags/d.ts", relativeFileloc: "d.ts" };

function serialize(run: Parameters<Dag["task"]>[1]) {
  const dag = new Dag("d");
  dag.task("t", run as ReturnType<typeof bash>)();
  return serializeDag(dag, FILE).dag.tasks[0]!.__var as unknown as Record<string, unknown>;
}

test("an operator's template fields are serialized by name and value, those that are not given are left out", (t) => {
  const task = serialize(bash({ bashCommand: "echo {{ ds }}", env: { DAY: "{{ ds }}" } }));
  t.deepEqual(task.template_fields, ["bash_command", "env"]);
  t.is(task.bash_command, "echo {{ ds }}");
  t.deepEqual(task.env, { DAY: "{{ ds }}" });
});

test("a template field that JSON cannot carry, or that is the task's own name, is refused", (t) => {
  const withFields = (templateFields: object) => () =>
    serialize(operator({ operatorName: "X", templateFields, execute: () => undefined }));
  t.throws(withFields({ when: new Date() }), { message: /^when of task "t" of Dag "d" holds a Date/ });
  t.throws(withFields({ poolSlots: 1 }), { message: /pool_slots is the task's own/ });
});

for (const [value, expected] of [
  ["{{ ds }}", true],
  ["{% if a %}{% endif %}", true],
  ["{# note #}", true],
  [["plain", { deep: "{{ x }}" }], true],
  ["{ plain }", false],
  [{ a: 1, b: null }, false],
] as const) {
  test(`whether there is something to render in ${JSON.stringify(value)}: ${expected}`, (t) => {
    t.is(hasTemplate(value), expected);
  });
}

test("an option's serialized name is Airflow's", (t) => {
  t.deepEqual(["bashCommand", "env", "httpConnId"].map(snakeCase), ["bash_command", "env", "http_conn_id"]);
});

test("what was rendered takes the place of what was declared", (t) => {
  t.deepEqual(withRendered({ bashCommand: "echo {{ ds }}", cwd: "/tmp" }, { bash_command: "echo 2015-01-01" }), {
    bashCommand: "echo 2015-01-01",
    cwd: "/tmp",
  });
});

test("a trigger names its template fields only when there is something to render", (t) => {
  const plain = serialize(triggerDagRun({ dagId: "other", conf: { a: 1 } }) as never);
  t.deepEqual([plain.template_fields, plain.conf], [[], undefined]);
  const templated = serialize(triggerDagRun({ dagId: "other", conf: { day: "{{ ds }}" } }) as never);
  t.deepEqual(templated.template_fields, ["trigger_dag_id", "conf"]);
});
