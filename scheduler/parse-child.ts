// Loads DAG files: the only place in the scheduler where users' code runs, in a process of its own that may be
// killed at any time. Its one argument is a ParseDefaults in JSON; requests and answers go by IPC.
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { bundleSources } from "#core/dag-code/bundle.ts";
import { BundleError, DagSources } from "#core/dag-code/dag-source.ts";
import { materializeBundle } from "#core/dag-code/materialize.ts";
import { collectDags } from "#sdk/collect.ts";
import { Dag } from "#sdk/dag.ts";
import type { TaskNode } from "#sdk/dag-graph.ts";
import { checkDeclared, locateError } from "#sdk/declared-at.ts";
import { serializeDag } from "#sdk/serialize.ts";
import { checkDag } from "./dag-files/check-dag.ts";
import { describeLoadError } from "./dag-files/describe-load-error.ts";
import { dieAlone } from "./dag-files/die-alone.ts";
import { mayHoldDags } from "./dag-files/discover.ts";
import { fillInDefaults } from "./dag-files/fill-in-defaults.ts";
import { hashDag } from "./dag-files/hash-dag.ts";
import { inlineTemplates } from "./dag-files/inline-templates.ts";
import { watchForLeftovers } from "./dag-files/left-behind.ts";
import { describeMissingExport } from "./dag-files/missing-export.ts";
import type {
  BrokenDag,
  NumberedRequest,
  ParseAnswer,
  ParseDefaults,
  ParsedDag,
  ParsedFile,
  ParseMessage,
  ParseRequest,
} from "./dag-files/parse-protocol.ts";
import { shiftClock } from "./dag-files/shift-clock.ts";

/** After so many files a process is replaced: loaded modules are never unloaded. A new one costs as much as some ten files. */
const FILES_PER_PROCESS = 500;
/** Before that when they fill so much of the memory that the process may have. */
const FULL_SHARE = 0.5;
/** An answer is read by the scheduler in one piece, and nobody else has its attention meanwhile. */
const MOST_CHARACTERS = 128 * 1024 * 1024;

/** Thrown where nobody catches it. */
class Stray {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    this.thrown = thrown;
  }
}

const defaults = JSON.parse(process.argv[2]!) as ParseDefaults;
const send = process.send!.bind(process) as (message: ParseMessage) => boolean;
/** Libraries tell a process manager by it that they are ready, say; here it would speak to the scheduler. */
process.send = undefined;
let filesParsed = 0;
/** Takes what is thrown where nobody catches it: by a file's promises, timers and events. */
let onStray: (thrown: unknown) => void = () => process.exit(1);

const tellWatcher = dieAlone(defaults.memoryLimit);
process.on("uncaughtException", (error) => onStray(error));
process.on("unhandledRejection", (reason) => onStray(reason));
process.on("message", (request: NumberedRequest) => void answer(request));
// Starts esbuild's own process now, and loads what every file imports, so that no file waits for it or is blamed for it.
await Promise.all([transform(""), import("#sdk/index.ts")]);
const leftovers = watchForLeftovers();
send({ kind: "ready" });

async function answer(request: NumberedRequest): Promise<void> {
  filesParsed += 1;
  tellWatcher(true);
  const found: Found = { inputs: [request.fileloc] };
  const stray = new Promise<never>((_, reject) => {
    onStray = (thrown) => reject(new Stray(thrown));
  });
  // The turn after the parse brings the rejections that it left behind: they are this file's, not the next one's.
  const parsed = parse(request, found).then(async (answer) => {
    await turn();
    return answer;
  });
  let isStray = false;
  const result = await Promise.race([parsed, stray]).catch((thrown: unknown): ParseAnswer => {
    isStray = thrown instanceof Stray;
    return describeFailure(thrown instanceof Stray ? thrown.thrown : thrown, request, found);
  });
  onStray = () => process.exit(1);
  tellWatcher(false);
  const isSpent = isStray || isFull() || request.clockShift !== undefined || leftovers().length > 0;
  send({ kind: "answer", request: request.request, answer: result, isSpent, isStray });
}

function isFull(): boolean {
  const most = (defaults.memoryLimit || 1024) * 1024 * 1024;
  return filesParsed >= FILES_PER_PROCESS || process.memoryUsage.rss() > most * FULL_SHARE;
}

/** What is known of a file while it is parsed. */
interface Found {
  inputs: readonly string[];
}

function describeFailure(thrown: unknown, { relativeFileloc }: ParseRequest, { inputs }: Found): ParseAnswer {
  const broken = { kind: "broken", wasKilled: false } as const;
  if (thrown instanceof BundleError) {
    return { ...broken, error: thrown.message, inputs: [...new Set([...inputs, ...thrown.inputs])] };
  }
  return { ...broken, error: describeLoadError(thrown, defaults.dagsFolder, relativeFileloc), inputs };
}

async function parse(request: NumberedRequest, found: Found): Promise<ParseAnswer> {
  const { fileloc, knownCodeHash, clockShift } = request;
  const sources = await DagSources.open(fileloc, defaults.dagsFolder);
  try {
    if (defaults.safeMode && !mayHoldDags(await sources.read(fileloc))) return { kind: "passed-over" };
    const bundled = await bundleSources(sources, fileloc, defaults.dagsFolder);
    const { bundle, codeHash, inputs } = bundled;
    if (codeHash === knownCodeHash) return { kind: "unchanged", inputs };
    found.inputs = inputs;
    send({ kind: "bundled", request: request.request, inputs });
    const path = await materializeBundle(bundle, codeHash, defaults.cacheDir);
    if (clockShift !== undefined) shiftClock(clockShift);
    // A module that was loaded before would not construct its DAGs again.
    const url = `${pathToFileURL(path).href}?parse=${filesParsed}`;
    const declared = await collectDags(() => import(url)).catch((error: unknown) => {
      const missing = describeMissingExport(error, bundled.source, request.relativeFileloc);
      throw missing === undefined ? error : new BundleError(missing);
    });
    const answer: ParseAnswer = { kind: "parsed", ...bundled, ...(await serializeAll(declared, request)) };
    refuseHuge(answer);
    return answer;
  } finally {
    sources.close();
  }
}

async function serializeAll(
  declared: readonly Dag[],
  request: ParseRequest,
): Promise<Pick<ParsedFile, "dags" | "brokenDags" | "templates">> {
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
  return { dags, brokenDags, templates: [...templates] };
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
  const serialized = await inlineTemplates(fillInDefaults(own, dag, defaults.taskDefaults), dag, fileloc, onTemplate);
  const { nodes } = Dag.read(dag);
  checkDag(serialized, defaults.maxMapLength, (taskId, check) => checkDeclared(nodes.get(taskId) as TaskNode, check));
  return { serialized, serializedHash: hashDag(serialized) };
}

function refuseDuplicate({ dagId }: Dag, before: readonly Dag[]): void {
  if (before.some((other) => other.dagId === dagId)) throw new Error(`The file has two DAGs with the id ${dagId}`);
}

function refuseHuge(answer: ParseAnswer): void {
  const { length } = JSON.stringify(answer);
  if (length <= MOST_CHARACTERS) return;
  throw new Error(
    `The file's DAGs and code have ${length} characters, more than the ${MOST_CHARACTERS} that are allowed`,
  );
}
