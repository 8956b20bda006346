// Loads DAG files: the only place in the scheduler where users' code runs, in a process of its own that may be
// killed at any time. Its one argument is a ParseDefaults in JSON; requests and answers go by IPC.
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { transform } from "esbuild";
import { BundleError, bundleDagFile } from "#core/dag-code/bundle.ts";
import { materializeBundle } from "#core/dag-code/materialize.ts";
import { collectDags } from "#sdk/collect.ts";
import { Dag } from "#sdk/dag.ts";
import type { TaskNode } from "#sdk/dag-graph.ts";
import { checkDeclared, locateError } from "#sdk/declared-at.ts";
import { serializeDag } from "#sdk/serialize.ts";
import type { SerializedDag } from "#sdk/serialized-dag.ts";
import { checkDag, hashDag } from "./dag-files/check-dag.ts";
import { describeLoadError } from "./dag-files/describe-load-error.ts";
import { inlineTemplates } from "./dag-files/inline-templates.ts";
import type {
  BrokenDag,
  ParseAnswer,
  ParseDefaults,
  ParsedDag,
  ParseMessage,
  ParseRequest,
} from "./dag-files/parse-protocol.ts";

/** After so many files a process is replaced: loaded modules are never unloaded. */
const FILES_PER_PROCESS = 50;

const defaults = JSON.parse(process.argv[2]!) as ParseDefaults;
/** A DAG file may take `process.send` away or replace it. */
const send = process.send!.bind(process);
let filesParsed = 0;
/** Takes what is thrown where nobody catches it: by a file's promises, timers and events. */
let onStray: (thrown: unknown) => void = () => process.exit(1);

dieWithParent();
process.on("uncaughtException", (error) => onStray(error));
process.on("unhandledRejection", (reason) => onStray(reason));
process.on("message", (request: ParseRequest) => void answer(request));
// Starts esbuild's own process now, so that no file waits for it or is blamed for it.
await transform("");
tell({ kind: "ready" });

async function answer(request: ParseRequest): Promise<void> {
  const before = activeResources();
  filesParsed += 1;
  const stray = new Promise<never>((_, reject) => {
    onStray = reject;
  });
  // The turn after the parse brings the rejections that it left behind: they are this file's, not the next one's.
  const parsed = parse(request).then(async (answer) => {
    await turn();
    return answer;
  });
  const result = await Promise.race([parsed, stray]).catch((error: unknown): ParseAnswer => {
    const text =
      error instanceof BundleError
        ? error.message
        : describeLoadError(error, defaults.dagsFolder, request.relativeFileloc);
    return { kind: "broken", error: text };
  });
  onStray = () => process.exit(1);
  const isSpent = result.kind === "broken" || filesParsed >= FILES_PER_PROCESS || activeResources() > before;
  tell({ kind: "answer", answer: result, isSpent });
}

async function parse(request: ParseRequest): Promise<ParseAnswer> {
  const { bundle, codeHash, source, inputs, warnings } = await bundleDagFile(request.fileloc, defaults.dagsFolder);
  if (codeHash === request.knownCodeHash) return { kind: "unchanged", inputs };
  const path = await materializeBundle(bundle, codeHash, defaults.cacheDir);
  // A module that was loaded before would not construct its DAGs again.
  const url = `${pathToFileURL(path).href}?parse=${filesParsed}`;
  const declared = await collectDags(() => import(url));
  const dags: ParsedDag[] = [];
  const brokenDags: BrokenDag[] = [];
  const templates = new Set<string>();
  for (const [index, dag] of declared.entries()) {
    try {
      refuseDuplicate(dag, declared.slice(0, index));
      dags.push(await serialize(dag, request, (path) => templates.add(path)));
    } catch (error) {
      brokenDags.push({ dagId: dag.dagId, error: describeBrokenDag(error, dag, request) });
    }
  }
  return { kind: "parsed", dags, brokenDags, source, bundle, codeHash, inputs, templates: [...templates], warnings };
}

function describeBrokenDag(error: unknown, dag: Dag, { relativeFileloc }: ParseRequest): string {
  return describeLoadError(locateError(error, dag), defaults.dagsFolder, relativeFileloc, `Dag "${dag.dagId}"`);
}

async function serialize(
  dag: Dag,
  { fileloc, relativeFileloc }: ParseRequest,
  onTemplate: (path: string) => void,
): Promise<ParsedDag> {
  const own = serializeDag(dag, { fileloc, relativeFileloc }, defaults.schedules);
  const serialized = await inlineTemplates(fillIn(own, dag), dag, fileloc, onTemplate);
  const { nodes } = Dag.read(dag);
  checkDag(serialized, defaults.maxMapLength, (taskId, check) => checkDeclared(nodes.get(taskId) as TaskNode, check));
  return { serialized, serializedHash: hashDag(serialized) };
}

/** Writes the configuration's defaults where the DAG says nothing; the serialized form alone cannot tell. */
function fillIn(serialized: SerializedDag, dag: Dag): SerializedDag {
  const { defaultQueue, defaultTaskRetries } = defaults;
  if (defaultQueue === "default" && defaultTaskRetries === 0) return serialized;
  const nodes = Dag.read(dag).nodes;
  const tasks = serialized.dag.tasks.map((task) => {
    const node = nodes.get(task.__var.task_id);
    const spec = node?.kind === "task" ? node.spec : {};
    const queue = spec.queue ?? dag.spec.queue ?? defaultQueue;
    return { ...task, __var: { ...task.__var, queue, retries: spec.retries ?? defaultTaskRetries } };
  });
  return { ...serialized, dag: { ...serialized.dag, tasks } };
}

function refuseDuplicate({ dagId }: Dag, before: readonly Dag[]): void {
  if (before.some((other) => other.dagId === dagId)) throw new Error(`The file has two DAGs with the id ${dagId}`);
}

function activeResources(): number {
  // What ends by itself, and the pipes to the scheduler and to esbuild, are no leftovers of a DAG file.
  const kept = ["Timeout", "TCPSocketWrap", "TCPServerWrap", "FSEventWrap", "MessagePort", "ProcessWrap"];
  return process.getActiveResourcesInfo().filter((kind) => kept.includes(kind)).length;
}

function tell(message: ParseMessage): void {
  send(message);
}

/** Ends this process and what it started when the scheduler is gone, even while a file blocks the event loop. */
function dieWithParent(): void {
  process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
  const watch = `
    const parent = ${process.ppid};
    setInterval(() => { if (process.ppid !== parent) process.kill(-process.pid, "SIGKILL"); }, 1000);
  `;
  new Worker(watch, { eval: true, execArgv: [], stdin: false }).unref();
}
