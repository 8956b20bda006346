// `npm run workshop -- [--data FILE] [--port N] [--reset] [--exit]`: sets the TFX workshop up, starts Daisy, and runs the
// finished taxi pipeline to a pushed model. The console stays up until Ctrl-C, unless --exit is given.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { homedir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DaisyError } from "#core/errors.ts";
import { isPortFree } from "./services/free-port.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The finished pipeline; the participant's own, `taxi`, is edited step by step in the console's company. */
const DAG_ID = "taxi_solution";
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

const options = readOptions();
const api = `http://127.0.0.1:${options.port}/api/v2`;

await checkPort();
await setUp();
const daisy = startDaisy();
let interrupted = false;
const stop = stopOnSignals(daisy);
try {
  await untilHealthy(daisy);
  const runId = await trigger();
  const state = await follow(runId);
  if (state !== "success") fail(`The run ${runId} of ${DAG_ID} ended in state ${state}; its logs: ${logFolder(runId)}`);
  const model = await pushedModel(runId);
  if (options.exit) await stop();
  else console.log(`\nThe console: http://127.0.0.1:${options.port}/   (Ctrl-C stops Daisy)`);
  console.log(`Pushed model: ${model}`);
  if (!options.exit) await once(daisy, "exit");
} catch (error) {
  if (!interrupted) console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await stop();
}

/** What the command line says; a mistake in it ends the program with one line. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        data: { type: "string" },
        port: { type: "string", default: "8080" },
        reset: { type: "boolean", default: false },
        exit: { type: "boolean", default: false },
      },
    });
    const port = Number(values.port);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return { ...values, port };
    throw new Error(`--port should be a number from 1 to 65535, not "${values.port}"`);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

/** Ends the program when something else answers at the port: it would be given the run in Daisy's stead. */
async function checkPort(): Promise<void> {
  if (await isPortFree(options.port, "127.0.0.1")) return;
  console.error(new DaisyError("PORT_IN_USE", options.port, "--port").message);
  process.exit(1);
}

async function setUp(): Promise<void> {
  const args = [...(options.data ? ["--data", options.data] : []), ...(options.reset ? ["--reset"] : [])];
  const child = spawn(path.join(ROOT, "setup/setup_demo.sh"), args, { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) process.exit(code ?? 1);
}

function startDaisy(): ChildProcess {
  const bin = path.join(ROOT, "cli/bin/airflow.js");
  return spawn(process.execPath, [bin, "standalone", "--port", String(options.port)], {
    stdio: "inherit",
    detached: true,
  });
}

/** Ends Daisy when this program is asked to end, and gives the function that does so. */
function stopOnSignals(child: ChildProcess): () => Promise<void> {
  const stopDaisy = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      interrupted = true;
      void stopDaisy();
    });
  }
  return stopDaisy;
}

async function untilHealthy(child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && child.signalCode === null) {
    const health = await get<{ scheduler: { status: string | null } }>("/monitor/health").catch(() => undefined);
    if (health?.scheduler.status === "healthy" && (await dagIsThere())) return;
    if (Date.now() > deadline) throw new Error(`Daisy was not healthy within ${START_TIMEOUT_MS / 1000} s`);
    await sleep(POLL_MS);
  }
  throw new Error("Daisy ended before it was healthy");
}

async function dagIsThere(): Promise<boolean> {
  return get(`/dags/${DAG_ID}`).then(
    () => true,
    () => false,
  );
}

async function trigger(): Promise<string> {
  await send("PATCH", `/dags/${DAG_ID}`, { is_paused: false });
  const run = await send<{ dag_run_id: string }>("POST", `/dags/${DAG_ID}/dagRuns`, {
    logical_date: new Date().toISOString(),
  });
  console.log(`Triggered ${DAG_ID}: ${run.dag_run_id}`);
  return run.dag_run_id;
}

/** Prints each task as it changes state, and returns the run's last state. */
async function follow(runId: string): Promise<string> {
  const run = `/dags/${DAG_ID}/dagRuns/${encodeURIComponent(runId)}`;
  const shown = new Map<string, string>();
  for (;;) {
    const { state } = await get<{ state: string }>(run);
    const { task_instances: tasks } = await get<{ task_instances: TaskInstance[] }>(`${run}/taskInstances?limit=100`);
    for (const task of tasks.sort(byStart)) {
      if (task.state === null || shown.get(task.task_id) === task.state) continue;
      shown.set(task.task_id, task.state);
      const took = task.duration === null ? "" : ` (${task.duration.toFixed(1)} s)`;
      console.log(`${task.task_id}: ${task.state}${task.end_date === null ? "" : took}`);
    }
    if (state === "success" || state === "failed") return state;
    if (daisy.exitCode !== null) throw new Error("Daisy ended before the run did");
    await sleep(POLL_MS);
  }
}

/** What started first comes first, and what has not started last. */
function byStart(one: TaskInstance, other: TaskInstance): number {
  return (one.start_date ?? "~").localeCompare(other.start_date ?? "~");
}

interface TaskInstance {
  task_id: string;
  start_date: string | null;
  state: string | null;
  duration: number | null;
  end_date: string | null;
}

/** The folder that the Pusher reports in its result. */
async function pushedModel(runId: string): Promise<string> {
  const entry = `/dags/${DAG_ID}/dagRuns/${encodeURIComponent(runId)}/taskInstances/Pusher/xcomEntries/return_value?stringify=false`;
  const { value } = await get<{ value: { outputs: { pushed_model: { pushed_destination?: string }[] } } }>(entry);
  const destination = value.outputs.pushed_model[0]?.pushed_destination;
  if (destination) return destination;
  throw new Error(`The model was not pushed: the Evaluator did not bless it. Logs: ${logFolder(runId)}`);
}

function logFolder(runId: string): string {
  const home = process.env.AIRFLOW_HOME ?? path.join(homedir(), "airflow");
  return path.join(home, "logs", `dag_id=${DAG_ID}`, `run_id=${runId}`);
}

function get<T>(resource: string): Promise<T> {
  return send<T>("GET", resource);
}

async function send<T>(method: string, resource: string, body?: object): Promise<T> {
  const answer = await fetch(`${api}${resource}`, {
    method,
    headers: body && { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${resource} was answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

function fail(message: string): never {
  throw new Error(message);
}
