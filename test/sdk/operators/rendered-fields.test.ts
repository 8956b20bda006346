import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import test from "ava";
import { Dag } from "#sdk/dag.ts";
import { TaskDeferred } from "#sdk/defer.ts";
import { approval, hitl } from "#sdk/hitl/index.ts";
import type { Operator } from "#sdk/operator.ts";
import { email } from "#sdk/operators/email.ts";
import { httpRequest } from "#sdk/operators/http-request.ts";
import { pythonFunction } from "#sdk/operators/python-function.ts";
import { sql } from "#sdk/operators/sql/sql.ts";
import { externalTaskSensor } from "#sdk/sensors/external-task-sensor.ts";
import { fileSensor } from "#sdk/sensors/file-sensor.ts";
import { serializeDag } from "#sdk/serialize.ts";
import { startSmtpSink } from "#test/helpers/smtp-sink.ts";
import { runOperator } from "./run-operator.ts";

const X = "{{ params.x }}";
const file = { path: "steps.py", source: "def double(a):\n    return a * 2\n" };
const python = pythonFunction({ file, function: "double", opArgs: [X] });
const query = sql({ connId: "duck", sql: X });
const mail = email({ to: X, subject: X, htmlContent: X });
const call = httpRequest({ method: "GET", endpoint: X });
const waitForFile = fileSensor({ filepath: X });
const question = hitl({ subject: X, body: X, options: ["a"] });

const DECLARED: readonly [Operator<never, unknown>, readonly string[]][] = [
  [python, ["op_args"]],
  [query, ["sql", "conn_id"]],
  [mail, ["to", "subject", "html_content"]],
  [call, ["endpoint"]],
  [waitForFile, ["filepath"]],
  [externalTaskSensor({ externalDagId: X, externalTaskId: X }), ["external_dag_id", "external_task_id"]],
  [question, ["subject", "body"]],
  [approval({ subject: X }), ["subject"]],
  [approval({ subject: "Go?" }), []],
  [approval({ subject: () => X }), []],
];

for (const [number, [operator, names]] of DECLARED.entries()) {
  test(`template fields of ${operator.operatorName} (${number}): ${names.join(", ") || "none"}`, (t) => {
    const dag = new Dag("d");
    dag.task("t", operator as Operator)();
    const { dag: written } = serializeDag(dag, { fileloc: "/dags/d.ts", relativeFileloc: "d.ts" });
    t.deepEqual(written.tasks[0]!.__var.template_fields, [...names]);
  });
}

test("a Python function is called with rendered arguments", async (t) => {
  t.is(await runOperator(python, { rendered: { opArgs: ["ab"] } }), "abab");
});

test("a rendered statement is what runs", async (t) => {
  const connections = [{ id: "duck", type: "duckdb", host: ":memory:" }];
  t.deepEqual(await runOperator(query, { connections, rendered: { sql: "select 7" } }), [[7]]);
});

test("a mail goes to the rendered address with the rendered text", async (t) => {
  await using sink = await startSmtpSink();
  const extra = JSON.stringify({ disable_ssl: true, disable_tls: true, from_email: "daisy@example.com" });
  const connections = [{ id: "smtp_default", type: "smtp", host: "127.0.0.1", port: sink.port, extra }];
  const rendered = { to: "a@example.com", subject: "Rows", htmlContent: "seven" };
  await runOperator(mail, { connections, rendered });
  t.deepEqual(sink.mails[0]!.to, ["a@example.com"]);
  t.regex(sink.mails[0]!.text, /^Subject: Rows$[\s\S]*seven/m);
});

test("the rendered endpoint is called", async (t) => {
  const server = createServer((request, response) => response.end(request.url)).listen(0, "127.0.0.1");
  t.teardown(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connections = [{ id: "http_default", type: "http", host: "127.0.0.1", port }];
  t.is(await runOperator(call, { connections, rendered: { endpoint: "rates/7" } }), "/rates/7");
});

test("a sensor looks for the rendered path", async (t) => {
  const rendered = { filepath: fileURLToPath(import.meta.url) };
  await t.notThrowsAsync(runOperator(waitForFile, { rendered }));
});

test("a human is asked the rendered question", async (t) => {
  const rendered = { subject: "Seven?", body: "rows" };
  const asked = await t.throwsAsync(runOperator(question, { rendered }), { instanceOf: TaskDeferred });
  t.true(JSON.stringify(asked).includes("Seven?"), JSON.stringify(asked));
});
