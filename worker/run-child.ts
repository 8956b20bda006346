// The process in which tasks run: the only place, besides the DAG processor's, where DAG authors' code is loaded.
// It runs one try at a time, and knows of the worker only the channel that it was started with.
// What DAG files import is loaded while the process waits for its first try.
import "#sdk/index.ts";
import { dieWithParent } from "./child/die-with-parent.ts";
import { findLeftover, takeBaseline } from "./child/leftovers.ts";
import { markAsOfTry, markAsOwn } from "./child/mark-processes.ts";
import type { Answer, CallbackOrder, FromChild, Question, ToChild, TryOrder } from "./child/messages.ts";
import { runCallbacks } from "./child/run-callbacks.ts";
import { runOrder } from "./child/run-order.ts";

const send = process.send!.bind(process) as (message: FromChild) => boolean;
/** Libraries tell a process manager by it that they are ready, say; here it would speak to the worker. */
process.send = undefined;

let running: AbortController | undefined;
let asked = 0;
const questions = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();

function ask(question: Question): Promise<Answer> {
  asked += 1;
  const number = asked;
  return new Promise((resolve, reject) => {
    questions.set(number, { resolve, reject });
    send({ type: "ask", number, question });
  });
}

function settle(
  number: number,
  how: (question: { resolve: (answer: Answer) => void; reject: (e: Error) => void }) => void,
) {
  const question = questions.get(number);
  questions.delete(number);
  if (question) how(question);
}

async function run(order: TryOrder | CallbackOrder, mark: string): Promise<void> {
  const abort = new AbortController();
  running = abort;
  markAsOfTry(mark);
  setContextVariables(order);
  const ending =
    "event" in order ? await runCallbacks(order, ask, abort.signal) : await runOrder(order, ask, abort.signal);
  running = undefined;
  if (ending.kind !== "failed" && !abort.signal.aborted) markAsOwn();
  questions.clear();
  const marked = await Promise.all([markEnd(process.stdout, order.endMark), markEnd(process.stderr, order.endMark)]);
  const leftover = marked.includes(false) ? "a closed output stream" : await findLeftover(baseline);
  send({ type: "done", ending, leftover });
}

/** What Airflow exports to the processes that a task starts. */
function setContextVariables(order: TryOrder | CallbackOrder): void {
  Object.assign(process.env, {
    AIRFLOW_CTX_DAG_ID: order.dagId,
    AIRFLOW_CTX_TASK_ID: order.taskId,
    AIRFLOW_CTX_DAG_RUN_ID: order.runId,
    AIRFLOW_CTX_TRY_NUMBER: String(order.tryNumber),
    AIRFLOW_CTX_EXECUTION_DATE: order.logicalDate ?? "",
  });
}

/** Ends the try's output, so that the worker knows where the next one's begins; false when the task closed it. */
function markEnd(stream: NodeJS.WriteStream, mark: string): Promise<boolean> {
  return new Promise((resolve) => stream.write(`${mark}\n`, (error) => resolve(!error)));
}

process.on("message", (message: ToChild) => {
  if (message.type === "run") void run(message.order, message.mark);
  else if (message.type === "abort") running?.abort(new Error(message.reason));
  else if (message.type === "answer") settle(message.number, (question) => question.resolve(message.answer));
  else settle(message.number, (question) => question.reject(new Error(message.message)));
});

// The worker aborts politely by message and signal; a handler has the grace period to end, then the group is killed.
for (const name of ["SIGTERM", "SIGINT"] as const) {
  process.on(name, () => {
    if (running) running.abort(new Error(`Task aborted by ${name}`));
    else process.exit(0);
  });
}

// What a task writes after it has closed a stream is lost; that must not end the process.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

dieWithParent();
const baseline = takeBaseline();
send({ type: "ready" });
