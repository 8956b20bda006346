import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { type Bench, startBench } from "#bench/harness.ts";
import { startRun } from "#bench/runs.ts";
import { markInstances } from "#core/database/by-hand/mark-instances.ts";
import { untilRun } from "#test/helpers/run-states.ts";
import { type SmtpSink, startSmtpSink } from "#test/helpers/smtp-sink.ts";
import { until } from "#test/helpers/until.ts";
import { untilDead } from "../worker/worker-fixture.ts";

let bench: Bench;
let mailServer: SmtpSink;
test.before(async () => {
  mailServer = await startSmtpSink();
  const settings = {
    AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC: "0.5",
    AIRFLOW__SMTP__SMTP_HOST: "127.0.0.1",
    AIRFLOW__SMTP__SMTP_PORT: String(mailServer.port),
    AIRFLOW__SMTP__SMTP_STARTTLS: "False",
  };
  bench = await startBench({ settings });
});
test.after.always(async () => {
  await bench?.[Symbol.asyncDispose]();
  await mailServer?.[Symbol.asyncDispose]();
});

/** What DAG files of these tests begin with: `note` makes a callback that writes down what it was told. */
const HEAD = `
import { appendFileSync, existsSync } from "node:fs";
import { AirflowSkipException, Dag, email, getClient } from "daisy";

const forever = () => new Promise(() => setInterval(() => {}, 1000));
const note = (name) => (context) => {
  const { taskInstance, dagRun, reason, exception } = context;
  const lines = { name, task: taskInstance?.taskId ?? null, try: taskInstance?.tryNumber, state: taskInstance?.state,
    run: dagRun.state, reason, exception: exception?.split("\\n")[0] ?? null, pid: process.pid };
  appendFileSync(process.env.AIRFLOW_HOME + "/" + context.dag.dagId, JSON.stringify(lines) + "\\n");
};
const all = { onExecuteCallback: note("execute"), onSuccessCallback: note("success"), onFailureCallback: note("failure"),
  onRetryCallback: note("retry"), onSkippedCallback: note("skipped") };
`;

interface Note {
  readonly name: string;
  readonly task: string | null;
  readonly try: number;
  readonly state: string;
  readonly run: string;
  readonly reason: string | null;
  readonly exception: string | null;
  readonly pid: number;
}

async function notesOf(dagId: string): Promise<Note[]> {
  const text = await readFile(path.join(bench.home, dagId), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Note);
}

async function untilNotes(dagId: string, count: number): Promise<Note[]> {
  await until(`${count} callbacks of ${dagId} ran`, async () => (await notesOf(dagId)).length >= count);
  await until("no callback waits", async () => {
    const { rows } = await bench.database.query("select 1 from callback_request");
    return rows.length === 0;
  });
  return notesOf(dagId);
}

async function startDag(dagId: string, source: string): Promise<number> {
  const { rows } = await bench.database.query<{ count: number }>("select count(*)::integer as count from dag");
  await bench.writeDag(`${dagId}.ts`, HEAD + source);
  await bench.untilDags(rows[0]!.count + 1);
  return startRun(bench.database, dagId);
}

async function logOf(id: number, file: string): Promise<string> {
  const { rows } = await bench.database.query<{ dag_id: string; run_id: string }>(
    "select dag_id, run_id from dag_run where id = $1",
    [id],
  );
  const { dag_id, run_id } = rows[0]!;
  return readFile(path.join(bench.home, "logs", `dag_id=${dag_id}`, `run_id=${run_id}`, file), "utf8");
}

test.serial("a task's callbacks are called after what they are for, and change nothing", async (t) => {
  const id = await startDag(
    "each_event",
    `
const dag = new Dag("each_event", { onFailureCallback: note("run_failure"), onSuccessCallback: note("run_success") });
const options = { retryDelay: 0, ...all };
dag.task("works", async () => 1, options)();
dag.task("skips", async () => { throw new AirflowSkipException("not today"); }, options)();
dag.task("fails", async () => { throw new TypeError("spilled"); }, { ...options, retries: 1 })();
dag.task("exits", async () => process.exit(3), options)();
dag.task("is_killed", async () => process.kill(process.pid, "SIGKILL"), options)();
dag.task("is_late", forever, { ...options, executionTimeout: 0.3 })();
const throws = () => { throw new RangeError("from the callback"); };
dag.task("two", async () => 1, { onSuccessCallback: [throws, note("second")] })();
dag.task("asks", async () => 1, { onSuccessCallback: async (context) => {
  await getClient().setVariable("told", String(await getClient().getXCom({ key: "return_value" })));
  note("asked " + (await getClient().getVariable("told")))(context);
} })();
dag.task("has_none", async () => 1)();
`,
  );
  await untilRun(bench.database, id, "failed");
  const notes = await untilNotes("each_event", 16);
  const told = notes
    .filter(({ name }) => !name.startsWith("run_"))
    .map(({ name, task, state, exception }) => [task, name, state, exception] as const);
  const byTask = (name: string) => told.filter(([task]) => task === name).map(([, ...rest]) => rest);
  t.deepEqual(byTask("works"), [
    ["execute", "running", null],
    ["success", "success", null],
  ]);
  t.deepEqual(byTask("skips"), [
    ["execute", "running", null],
    ["skipped", "skipped", "not today"],
  ]);
  t.deepEqual(byTask("fails").toSorted(), [
    ["execute", "running", null],
    ["execute", "running", null],
    ["failure", "failed", "TypeError: spilled"],
    ["retry", "up_for_retry", "TypeError: spilled"],
  ]);
  t.deepEqual(byTask("exits")[1], [
    "failure",
    "failed",
    "The task's process exited with code 3 before the task ended.",
  ]);
  t.regex(byTask("is_killed")[1]?.[2] ?? "", /was killed by SIGKILL/);
  t.deepEqual(byTask("is_late")[1], ["failure", "failed", "AirflowTaskTimeout: Timeout after 0.3 s"]);
  t.deepEqual(byTask("two"), [["second", "success", null]]);
  t.deepEqual(byTask("asks"), [["asked 1", "success", null]]);
  t.deepEqual(
    notes.filter(({ name }) => name.startsWith("run_")).map(({ name, run, reason }) => ({ name, run, reason })),
    [{ name: "run_failure", run: "failed", reason: "task_failure" }],
  );
  const log = await logOf(id, "task_id=two/attempt=1.log");
  t.regex(log, /ERROR - Failed to run callback on_success_callback\[0\]\n.*ERROR - RangeError: from the callback/);
  t.regex(await logOf(id, "callbacks.log"), /INFO - Executing on_failure dag callback/);
});

test.serial("people are told by mail of tries that fail, where a task says so", async (t) => {
  const id = await startDag(
    "mails",
    `
const dag = new Dag("mails", { defaultArgs: { email: "ops@example.com", retryDelay: 0, onFailureCallback: note("failure") } });
const fail = async () => { throw new Error("no <luck>"); };
dag.task("tells", fail, { retries: 1, email: ["a@example.com", "b@example.com"] })();
dag.task("tells_once", fail, { retries: 1, emailOnRetry: false })();
dag.task("is_quiet", fail, { email: [] })();
dag.task("sends", email({ to: "c@example.com", subject: "{{ ds }}", htmlContent: "Good morning" }))();
`,
  );
  await untilRun(bench.database, id, "failed");
  await untilNotes("mails", 3);
  await mailServer.untilMails(4);
  const told = mailServer.mails.map(({ from, to, text }) => {
    const [, subject = ""] = /^Subject: (.*(?:\n .*)*)/m.exec(text) ?? [];
    return [from, to.join(), /TaskInstance: (\S+)\s+\S+\s+(.*)>/.exec(subject)?.slice(1).join(" ") ?? ""];
  });
  const sender = "airflow@example.com";
  t.deepEqual(told.slice().sort(), [
    [sender, "a@example.com,b@example.com", "mails.tells [failed]"],
    [sender, "a@example.com,b@example.com", "mails.tells [up_for_retry]"],
    [sender, "c@example.com", ""],
    [sender, "ops@example.com", "mails.tells_once [failed]"],
  ]);
  t.regex(await logOf(id, "task_id=tells/attempt=2.log"), /INFO - Sent an email to a@example.com, b@example.com/);
});

test.serial("a run's callback is told why it ended", async (t) => {
  const good = await startDag(
    "good",
    `new Dag("good", { onSuccessCallback: [note("one"), note("two")] }).task("works", async () => 1)();`,
  );
  await untilRun(bench.database, good, "success");
  t.deepEqual(
    (await untilNotes("good", 2)).map(({ name, task, reason, run }) => ({ name, task, reason, run })),
    ["one", "two"].map((name) => ({ name, task: "works", reason: "success", run: "success" })),
  );
  const late = await startDag(
    "late",
    `new Dag("late", { dagrunTimeout: 1, onFailureCallback: note("late") }).task("waits", forever, all)();`,
  );
  await untilRun(bench.database, late, "failed");
  await until("the run's callback is called", async () => (await notesOf("late")).some(({ name }) => name === "late"));
  // The task may not have begun in time.
  const told = (await untilNotes("late", 1)).filter(({ name }) => name !== "execute");
  t.deepEqual(
    told.map(({ name, reason }) => ({ name, reason })),
    [{ name: "late", reason: "timed_out" }],
  );
});

test.serial("what a hook throws fails the try, and what comes after the task knows its result", async (t) => {
  const id = await startDag(
    "hooks",
    `
const dag = new Dag("hooks");
dag.task("before", async () => 1, { preExecute: () => { throw new Error("not ready"); }, onFailureCallback: note("failure") })();
dag.task("after", async () => 41, { postExecute: (context, result) => note("got " + (result + 1))(context) })();
`,
  );
  await untilRun(bench.database, id, "failed");
  const notes = await untilNotes("hooks", 2);
  t.deepEqual(notes.map(({ name, exception }) => [name, exception] as const).toSorted(), [
    ["failure", "Error: not ready"],
    ["got 42", null],
  ]);
});

test.serial(
  "a running task that is marked as failed has its failure callbacks called; marked as success, none",
  async (t) => {
    const id = await startDag(
      "marked",
      `
const dag = new Dag("marked");
dag.task("as_failed", forever, all)();
dag.task("as_success", forever, all)();
`,
    );
    await untilNotes("marked", 2);
    const { rows } = await bench.database.query<{ run_id: string }>("select run_id from dag_run where id = $1", [id]);
    const runs = { runId: rows[0]!.run_id };
    for (const mark of ["failed", "success"] as const) {
      await markInstances(bench.database, { dagId: "marked", runs, tasks: [`as_${mark}`] }, mark);
    }
    await untilRun(bench.database, id, "failed");
    const told = (await untilNotes("marked", 3)).filter(({ name }) => name !== "execute");
    t.deepEqual(
      told.map(({ name, task }) => ({ name, task })),
      [{ name: "failure", task: "as_failed" }],
    );
  },
);

test.serial(
  "a try that is lost with its worker has its retry callbacks called, and a callback that is lost is called again",
  async (t) => {
    const id = await startDag(
      "lost",
      `
const dag = new Dag("lost");
dag.task("task", async () => { note("begins")({ dag, dagRun: {} }); if (!globalThis.again) await forever(); }, {
  ...all,
  executionTimeout: 2,
  onFailureCallback: async (context) => {
    note("failure")(context);
    const mayEnd = () => existsSync(process.env.AIRFLOW_HOME + "/lost_may_end");
    while (!mayEnd()) await new Promise((resolve) => setTimeout(resolve, 10));
    note("failure ends")(context);
  },
})();
`,
    );
    await untilNotes("lost", 2);
    bench.workers[0]!.kill("SIGKILL");
    bench.start("celery", "worker");
    const begun = await until("the callback has begun", async () =>
      (await notesOf("lost")).find(({ name }) => name === "failure"),
    );
    const { rows } = await bench.database.query<{ pid: number }>(
      "select pid from job where job_type = 'WorkerJob' order by start_date desc limit 1",
    );
    process.kill(rows[0]!.pid, "SIGKILL");
    await untilDead(begun.pid);
    await writeFile(path.join(bench.home, "lost_may_end"), "");
    bench.start("celery", "worker");
    await untilRun(bench.database, id, "failed");
    await until("the callback has ended", async () =>
      (await notesOf("lost")).some(({ name }) => name === "failure ends"),
    );
    const notes = await untilNotes("lost", 6);
    t.is(
      notes.find(({ name }) => name === "retry")?.exception,
      "Detected a task instance without a heartbeat: its worker is gone.",
    );
    t.is(notes.filter(({ name }) => name === "failure").length, 2);
    t.is(notes.filter(({ name }) => name === "failure ends").length, 1);
  },
);
