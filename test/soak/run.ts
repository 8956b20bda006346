// `npm run soak -- --minutes 60`: runs a whole Daisy under a mixed load, light enough for a busy machine, and says
// whether memory, descriptors, connections and tables stay flat. Prints JSON; exits with 1 when something grew.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { type Bench, startBench, untilCount } from "#bench/harness.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { freePort } from "#setup/services/free-port.ts";
import { type ClientStory, runClients } from "./clients.ts";
import { type Allowance, judge, type Verdict } from "./judge.ts";
import { BROKEN, MENDED, type SoakDag, soakLoad } from "./load.ts";
import { type Measures, measureDatabase, measureProcess, measureRedis } from "./measure.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    /** Seconds from one run that is asked for to the next. */
    every: { type: "string", default: "10" },
    /** Seconds from one change of the DAG files to the next. */
    edit: { type: "string", default: "60" },
    /** Minutes after which `airflow db clean` takes runs away. */
    keep: { type: "string", default: "5" },
  },
});
const SAMPLE_SECONDS = 15;
const CLEAN_SECONDS = 60;
const AIRFLOW = fileURLToPath(new URL("../../cli/bin/airflow.js", import.meta.url));

const SETTINGS = {
  AIRFLOW__CELERY__WORKER_CONCURRENCY: "6",
  // So few that processes of tasks are replaced many times.
  AIRFLOW__CELERY__WORKER_MAX_TASKS_PER_CHILD: "200",
};

/** How much each kind of quantity may rise; the first that fits its name counts. */
const ALLOWANCES: readonly (readonly [name: RegExp, allowance: Allowance])[] = [
  [/ heap$/, { absolute: 2, relative: 0.05 }],
  [/ rss$/, { absolute: 15, relative: 0.15 }],
  [/ (descriptors|children|connections)$/, { absolute: 4, relative: 0.1 }],
  [/^redis memory$/, { absolute: 1, relative: 0.1 }],
  [/^redis/, { absolute: 6, relative: 0.1 }],
  [/^table /, { absolute: 1, relative: 0.2 }],
  [/^rows of /, { absolute: 100, relative: 0.2 }],
];

/** A Daisy that is soaked: its processes by name. */
interface Soaked {
  readonly bench: Bench;
  readonly dags: readonly SoakDag[];
  readonly arrivals: string;
  readonly heaps: string;
  readonly url: string;
  readonly processes: Readonly<Record<string, number>>;
}

/** What happened meanwhile. */
interface Story extends ClientStory {
  runs: number;
  edits: number;
  cleanings: number;
}

const story: Story = { runs: 0, edits: 0, cleanings: 0, answers: 0, refusals: 0, events: 0 };
const samples: [seconds: number, measures: Measures][] = [];
let over: AbortSignal;

const heaps = await mkdtemp(path.join(tmpdir(), "daisy-soak-"));
try {
  await using bench = await startBench({ workers: 2, settings: { ...SETTINGS, ...reportingTo(heaps) } });
  const soaked = await complete(bench, heaps);
  await soak(soaked);
  const isFine = await report(soaked);
  process.exitCode = isFine ? 0 : 1;
} finally {
  await rm(heaps, { recursive: true });
}

function reportingTo(folder: string): Record<string, string> {
  const reporter = pathToFileURL(path.join(import.meta.dirname, "report-heap.mjs")).href;
  return { NODE_OPTIONS: `--import=${reporter}`, DAISY_SOAK_HEAPS: folder };
}

/** The bench with the load's DAGs and two of what users run two of. */
async function complete(bench: Bench, heapsFolder: string): Promise<Soaked> {
  const arrivals = path.join(bench.home, "arrivals");
  await mkdir(arrivals);
  const dags = soakLoad({ ledger: path.join(bench.home, "ledger"), arrivals });
  for (const { dagId, source } of dags) await bench.writeDag(`${dagId}.ts`, source);
  const port = await freePort();
  const pidOf = (...argv: string[]) => bench.start(...argv).pid!;
  const processes = {
    "scheduler 1": bench.scheduler.pid!,
    "scheduler 2": pidOf("scheduler"),
    "worker 1": bench.workers[0]!.pid!,
    "worker 2": bench.workers[1]!.pid!,
    triggerer: pidOf("triggerer"),
    webserver: pidOf("webserver", "--port", String(port)),
  };
  const count = Object.keys(processes).length;
  await untilCount(
    bench.database,
    "select count(*)::integer as count from job where state = 'running'",
    count,
    300_000,
  );
  await bench.untilDags(dags.length);
  return { bench, dags, arrivals, heaps: heapsFolder, url: `http://127.0.0.1:${port}`, processes };
}

async function soak(soaked: Soaked): Promise<void> {
  const start = performance.now();
  over = AbortSignal.timeout(Number(flags.minutes) * 60_000);
  const redis = new Redis(soaked.bench.services.brokerUrl!);
  await Promise.all([
    runClients(soaked.url, story, over),
    every(Number(flags.every), (turn) => startRun(soaked, turn)),
    every(Number(flags.edit), (turn) => editFiles(soaked, turn)),
    every(CLEAN_SECONDS, () => clean(soaked)),
    every(SAMPLE_SECONDS, async () => {
      const seconds = (performance.now() - start) / 1_000;
      samples.push([seconds, await measure(soaked, redis)]);
      console.error(`${Math.round(seconds)} s: ${story.runs} runs, ${story.answers} answers, ${story.events} events`);
    }),
  ]);
  redis.disconnect();
}

async function every(seconds: number, act: (turn: number) => Promise<void>): Promise<void> {
  for (let turn = 0; !over.aborted; turn++) {
    await act(turn);
    await sleep(seconds * 1_000, undefined, { signal: over }).catch(() => undefined);
  }
}

async function startRun({ bench, dags, arrivals }: Soaked, turn: number): Promise<void> {
  const asked = dags.filter(({ isTriggered }) => isTriggered);
  const { dagId } = asked[turn % asked.length]!;
  const runId = `${dagId}_${Date.now()}`;
  await writeFile(path.join(arrivals, runId), "");
  await createManualRun(bench.database, { dagId, runId, logicalDate: null, triggeredBy: "cli" });
  story.runs += 1;
}

/** A new version of a DAG, and a file that is broken every other time. */
async function editFiles({ bench, dags }: Soaked, turn: number): Promise<void> {
  const { dagId, source } = dags[0]!;
  await bench.writeDag(`${dagId}.ts`, `${source}\nconst edit = ${turn};\nconsole.log(edit);\n`);
  await bench.writeDag("broken.ts", turn % 2 === 0 ? BROKEN : MENDED);
  story.edits += 1;
}

async function clean({ bench: { env } }: Soaked): Promise<void> {
  const before = new Date(Date.now() - Number(flags.keep) * 60_000).toISOString();
  const argv = ["db", "clean", "--clean-before-timestamp", before, "--skip-archive", "--yes"];
  const child = spawn(process.execPath, [AIRFLOW, ...argv], { env, stdio: ["ignore", "ignore", "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`airflow db clean ended with ${code}`);
  story.cleanings += 1;
}

async function measure({ bench, processes, heaps: folder }: Soaked, redis: Redis): Promise<Measures> {
  const own = Object.entries(processes).map(([name, pid]) => measureProcess(name, pid, folder));
  const all = await Promise.all([...own, measureDatabase(bench.database), measureRedis(redis)]);
  return Object.assign({}, ...all) as Measures;
}

/** Prints what was found; whether all is flat and no run was left over. */
async function report({ bench }: Soaked): Promise<boolean> {
  const left = "select count(*)::integer as count from dag_run where state not in ('success', 'failed')";
  const stuck = await untilCount(bench.database, `select 1 - least((${left}), 1) as count`, 1, 120_000).then(
    () => false,
    () => true,
  );
  const names = [...new Set(samples.flatMap(([, measures]) => Object.keys(measures)))].sort();
  const verdicts = Object.fromEntries(names.map((name) => [name, verdictOn(name)]));
  const grew = names.filter((name) => verdicts[name]!.isFlat === false);
  console.log(JSON.stringify({ minutes: Number(flags.minutes), story, stuck, grew, verdicts }, null, 2));
  return !stuck && grew.length === 0;
}

function verdictOn(name: string): Verdict {
  const [, allowance] = ALLOWANCES.find(([pattern]) => pattern.test(name))!;
  const points = samples.flatMap(([seconds, { [name]: value }]) =>
    value === undefined ? [] : [[seconds, value] as const],
  );
  return judge({ points, allowance });
}
