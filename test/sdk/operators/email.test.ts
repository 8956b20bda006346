import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import type { ConnectionResult } from "#sdk/client.ts";
import { Dag } from "#sdk/dag.ts";
import { type EmailOptions, email } from "#sdk/operators/email.ts";
import { readAddresses } from "#sdk/send-mail.ts";
import { serializeDag } from "#sdk/serialize.ts";
import type { TaskSpec } from "#sdk/specs.ts";
import { startSmtpSink } from "#test/helpers/smtp-sink.ts";
import { runOperator } from "./run-operator.ts";

const connectionTo = (port: number, extra: object = {}, more: object = {}): ConnectionResult => ({
  id: "smtp_default",
  type: "smtp",
  host: "127.0.0.1",
  port,
  extra: JSON.stringify({ disable_ssl: true, disable_tls: true, from_email: "daisy@example.com", ...extra }),
  ...more,
});

const HELLO: EmailOptions = { to: "a@example.com", subject: "Hello", htmlContent: "<b>Grüße</b>" };

test("a mail goes to all its addresses, with its text, headers and files", async (t) => {
  await using sink = await startSmtpSink();
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-mail-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "rates.csv");
  await writeFile(file, "CHF,1.05\n");
  const operator = email({
    ...HELLO,
    to: "a@example.com; b@example.com",
    cc: ["c@example.com"],
    bcc: "bcc@example.com",
    files: file,
    customHeaders: { "X-Kind": "test" },
  });
  await runOperator(operator, { connections: [connectionTo(sink.port, {}, { login: "daisy", password: "secret" })] });
  const [mail] = sink.mails;
  t.like(mail, {
    from: "daisy@example.com",
    to: ["a@example.com", "b@example.com", "c@example.com", "bcc@example.com"],
    login: "daisy:secret",
  });
  const { text } = mail!;
  t.regex(text, /^To: a@example.com, b@example.com$/m);
  t.regex(text, /^Cc: c@example.com$/m);
  t.notRegex(text, /^Bcc:|bcc@example/im);
  t.regex(text, /^Subject: Hello$/m);
  t.regex(text, /^X-Kind: test$/m);
  t.regex(text, /^Content-Type: text\/html; charset=utf-8$/m);
  t.regex(text, /<b>Gr=C3=BC=C3=9Fe<\/b>/);
  t.regex(text, /filename=rates.csv/);
});

test("an input of the call wins over the option, and fromEmail over the connection's", async (t) => {
  await using sink = await startSmtpSink();
  const operator = email({ ...HELLO, fromEmail: "me@example.com" });
  await runOperator(operator, { connections: [connectionTo(sink.port)], inputs: { to: ["x@example.com"] } });
  t.like(sink.mails[0], { from: "me@example.com", to: ["x@example.com"] });
});

test("a connection that breaks is tried again, as often as the connection says", async (t) => {
  await using sink = await startSmtpSink({ breakFirst: 2 });
  await t.throwsAsync(runOperator(email(HELLO), { connections: [connectionTo(sink.port, { retry_limit: 2 })] }));
  t.is(sink.connections, 2);
  await runOperator(email(HELLO), { connections: [connectionTo(sink.port)] });
  t.is(sink.mails.length, 1);
});

test("a mail that the server refuses fails at once", async (t) => {
  await using sink = await startSmtpSink();
  const operator = email({ ...HELLO, to: "nobody@example.com" });
  await t.throwsAsync(runOperator(operator, { connections: [connectionTo(sink.port)] }), {
    message: /550 there is nobody here/,
  });
  t.is(sink.connections, 1);
});

test("without disable_tls, a server that offers no encryption gets no mail", async (t) => {
  await using sink = await startSmtpSink();
  const connections = [connectionTo(sink.port, { disable_tls: false, retry_limit: 1 })];
  await t.throwsAsync(runOperator(email(HELLO), { connections }));
  t.is(sink.mails.length, 0);
});

const FAILURES: readonly [options: Partial<EmailOptions>, extra: object, message: string | RegExp][] = [
  [{ to: " ; " }, {}, "The mail has no address to go to"],
  [{ connId: "nothing" }, {}, "Connection not found: nothing"],
  [{}, { from_email: null }, 'Connection "smtp_default" names no from_email in its extra, and the mail no sender'],
];

for (const [options, extra, message] of FAILURES) {
  test(`email fails: ${message}`, async (t) => {
    const connections = [connectionTo(1, extra)];
    await t.throwsAsync(runOperator(email({ ...HELLO, ...options }), { connections }), { message });
  });
}

test("addresses are read as Airflow reads them", (t) => {
  t.deepEqual(readAddresses("a@x.org, b@x.org;c@x.org"), ["a@x.org", "b@x.org", "c@x.org"]);
  t.deepEqual(readAddresses(["a@x.org, b@x.org", ""]), ["a@x.org", "b@x.org"]);
  t.deepEqual(readAddresses(undefined), []);
});

function serialized(spec: TaskSpec) {
  const dag = new Dag("d");
  dag.task("a", async () => 1, spec)();
  return serializeDag(dag, { fileloc: "/a.ts", relativeFileloc: "a.ts" }).dag.tasks[0]!.__var;
}

test("a task's email is serialized when there is one, and the flags when they are off", (t) => {
  const fields = (spec: TaskSpec) => Object.entries(serialized(spec)).filter(([key]) => key.startsWith("email"));
  t.deepEqual(fields({ emailOnFailure: true, emailOnRetry: false }), []);
  t.deepEqual(fields({ email: "a@x.org" }), [["email", "a@x.org"]]);
  t.deepEqual(fields({ email: ["a@x.org"], emailOnFailure: true, emailOnRetry: false }), [
    ["email", ["a@x.org"]],
    ["email_on_retry", false],
  ]);
  t.throws(() => serialized({ email: 1 } as unknown as TaskSpec), {
    message: 'email for task "a" of Dag "d" must be a string or an array of strings',
  });
});
