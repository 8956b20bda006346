import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Bench, type BenchOptions, startBench, untilCount } from "#bench/harness.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { freePort } from "#setup/services/free-port.ts";
import { until } from "#test/helpers/until.ts";
import type { HealthAnswer } from "#webserver/protocol.ts";
import type { DagPromise } from "./audit.ts";
import { Conduct } from "./conduct.ts";
import { gatherEvidence } from "./gather-evidence.ts";
import { type Execution, executionsOf, type LedgerLine, ledgerEnd, readLedger } from "./ledger.ts";
import { distantLoad, intervalsLoad, type LoadDag, mixedLoad, type Place, poisonLoad } from "./load.ts";
import { recordMoves } from "./record-moves.ts";
import { stoppedLoad } from "./stopped-load.ts";

const SETTINGS = {
  AIRFLOW__CELERY__WORKER_CONCURRENCY: "6",
  AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC: "1",
  // A paused worker is waited for so long; shorter than the default, so that the test is.
  AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT: "8",
  AIRFLOW__CORE__KILLED_TASK_CLEANUP_TIME: "1",
};
const ROLES = ["scheduler", "worker", "triggerer", "webserver"] as const;
export type Role = (typeof ROLES)[number];
const COMMANDS: Readonly<Record<Role, readonly string[]>> = {
  scheduler: ["scheduler"],
  worker: ["celery", "worker"],
  triggerer: ["triggerer"],
  webserver: ["webserver"],
};
/** How many processes of each role a whole Daisy has. */
const WHOLE: Readonly<Record<Role, number>> = { scheduler: 2, worker: 2, triggerer: 2, webserver: 1 };

/** How often a browser asks the web server for something. */
const ASK_EVERY_MS = 200;

/**
 * A whole Daisy to break: two of each process and a web server that is asked all the time, on servers of its own, the
 * load's DAGs, and every move written down.
 */
export class Rig {
  readonly bench: Bench;
  readonly place: Place;
  readonly conduct: Conduct;
  readonly #dags: LoadDag[];
  readonly #processes: Readonly<Record<Role, ChildProcess[]>>;
  /** Where each web server is. */
  readonly #urls = new WeakMap<ChildProcess, string>();
  #loads = 0;

  private constructor(bench: Bench, place: Place, conduct: Conduct) {
    this.bench = bench;
    this.conduct = conduct;
    this.place = place;
    this.#dags = mixedLoad(place);
    this.#processes = { scheduler: [bench.scheduler], worker: [...bench.workers], triggerer: [], webserver: [] };
  }

  /** @param options what differs from the usual rig */
  static async start(options: Partial<BenchOptions> = {}): Promise<Rig> {
    const conduct = new Conduct();
    const onStderr = (text: string, from: ChildProcess) => conduct.hear(text, from);
    const bench = await startBench({
      workers: 2,
      onStderr,
      ...options,
      settings: { ...SETTINGS, ...options.settings },
    });
    try {
      const place = { ledger: path.join(bench.home, "ledger"), arrivals: path.join(bench.home, "arrivals") };
      await mkdir(place.arrivals);
      await recordMoves(bench.database);
      const rig = new Rig(bench, place, conduct);
      const dags = [...rig.#dags, ...[poisonLoad, stoppedLoad, distantLoad].map((load) => load(place))];
      for (const { dagId, source } of dags) await bench.writeDag(`${dagId}.ts`, source);
      await rig.makeWhole();
      await bench.untilDags(dags.length, 60_000);
      return rig;
    } catch (error) {
      await bench[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The living processes of a role. */
  alive(role: Role): ChildProcess[] {
    return this.#processes[role].filter((child) => child.exitCode === null && child.signalCode === null);
  }

  /** All processes that are alive. */
  all(): ChildProcess[] {
    return ROLES.flatMap((role) => this.alive(role));
  }

  /** All processes that were alive when this was last asked, or have been started since. */
  takeAll(): ChildProcess[] {
    const all = ROLES.flatMap((role) => this.#processes[role]);
    for (const role of ROLES) this.#processes[role].splice(0, Number.POSITIVE_INFINITY, ...this.alive(role));
    return all;
  }

  /** Starts processes until there are as many of each as before. */
  async makeWhole(): Promise<void> {
    const started = ROLES.flatMap((role) =>
      Array.from({ length: Math.max(0, WHOLE[role] - this.alive(role).length) }, () => this.startOne(role)),
    );
    await Promise.all(started);
  }

  /** Starts a process and waits until it is known to run. */
  async startOne(role: Role, settings: Readonly<Record<string, string>> = {}): Promise<ChildProcess> {
    const port = String(await freePort());
    const own = { ...settings, AIRFLOW__WEBSERVER__WEB_SERVER_PORT: port };
    const child = this.bench.startWith(own, ...COMMANDS[role]);
    this.#processes[role].push(child);
    if (role === "webserver") this.#browse(child, `http://127.0.0.1:${port}`);
    const sql = `select count(*)::integer as count from job where pid = ${child.pid} and state = 'running'`;
    await untilCount(this.bench.database, sql, 1, 60_000);
    return child;
  }

  /** Asks a web server again and again, whatever it answers. */
  #browse(web: ChildProcess, url: string): void {
    this.#urls.set(web, url);
    const ask = () => fetch(`${url}/api/v2/dags`).then((answer) => answer.arrayBuffer());
    const asking = setInterval(() => void ask().catch(() => undefined), ASK_EVERY_MS);
    web.once("exit", () => clearInterval(asking));
  }

  /** Waits until every web server that is alive has the database again, and sees a scheduler. */
  async untilConsolesAnswer(): Promise<void> {
    for (const web of this.alive("webserver")) {
      await until(`web server ${web.pid} answers`, async () => {
        const answer = await fetch(`${this.#urls.get(web)}/api/v2/monitor/health`).catch(() => undefined);
        const { metadatabase, scheduler } = ((await answer?.json()) ?? {}) as Partial<HealthAnswer>;
        return metadatabase?.status === "healthy" && scheduler?.status === "healthy";
      });
    }
  }

  /**
   * Starts a run of each DAG of the mixed load, and has a schedule of many intervals found.
   * @param more DAGs that are known already, of which a run each is started besides
   */
  async startLoad(...more: readonly LoadDag[]): Promise<Load> {
    const suffix = `${++this.#loads}_${Date.now()}`;
    const scheduled = intervalsLoad(this.place, `days_${suffix}`);
    const triggered = [...more, ...this.#dags];
    const load = await this.#newLoad([...triggered, scheduled], suffix);
    await this.bench.writeDag(`${scheduled.dagId}.ts`, scheduled.source);
    for (const { dagId } of triggered) await load.trigger(dagId);
    return load;
  }

  async #newLoad(dags: readonly LoadDag[], suffix: string): Promise<Load> {
    return new Load(this, dags, suffix, await ledgerEnd(this.place.ledger));
  }
}

/** Runs that are under way in a rig. */
export class Load {
  readonly rig: Rig;
  readonly #dags: readonly LoadDag[];
  readonly #suffix: string;
  readonly #ledgerFrom: number;
  readonly #triggered: string[] = [];

  /** @param ledgerFrom where in the ledger its lines begin */
  constructor(rig: Rig, dags: readonly LoadDag[], suffix: string, ledgerFrom: number) {
    this.rig = rig;
    this.#dags = dags;
    this.#suffix = suffix;
    this.#ledgerFrom = ledgerFrom;
  }

  async trigger(dagId: string): Promise<void> {
    const run = { dagId, runId: this.runOf(dagId), logicalDate: null, triggeredBy: "cli" } as const;
    this.#triggered.push((await createManualRun(this.rig.bench.database, run)).runId);
  }

  /** The id of a DAG's run, unless it is scheduled. */
  runOf(dagId: string): string {
    return `${dagId}_${this.#suffix}`;
  }

  /** Waits until so many executions have started. */
  async untilStarted(count: number): Promise<void> {
    await until(`${count} executions have started`, async () => (await this.#executions()).length >= count);
  }

  /** Waits until a worker has tasks under way. */
  async untilBusy({ pid }: ChildProcess): Promise<void> {
    await until(`worker ${pid} has tasks under way`, async () =>
      (await this.#executions()).some(({ worker, ended }) => worker === pid && !ended),
    );
  }

  async #executions(): Promise<Execution[]> {
    const lines = await this.#lines();
    return executionsOf(lines.filter(({ run }) => run.endsWith(this.#suffix)));
  }

  #lines(): Promise<LedgerLine[]> {
    return readLedger(this.rig.place.ledger, this.#ledgerFrom);
  }

  /** Lets arrive what the file sensor waits for. */
  async arrive(): Promise<void> {
    await Promise.all(this.#triggered.map((runId) => writeFile(path.join(this.rig.place.arrivals, runId), "")));
  }

  /** Waits until every run has ended, the scheduled ones too. */
  async untilEnded(timeoutMs: number): Promise<void> {
    const scheduled = this.#dags.flatMap(({ promise }) => promise.intervals ?? []).length;
    const sql = `select count(*)::integer as count from dag_run
                  where state in ('success', 'failed') and ${this.#runs}`;
    await untilCount(this.rig.bench.database, sql, this.#triggered.length + scheduled, timeoutMs);
  }

  async evidence() {
    const { database } = this.rig.bench;
    const { rows } = await database.query<{ run: string }>(
      `select dag_id || '/' || run_id as run from dag_run where ${this.#runs}`,
    );
    const promises = Object.fromEntries(this.#dags.map(({ dagId, promise }): [string, DagPromise] => [dagId, promise]));
    const names = rows.map(({ run }) => run);
    return gatherEvidence(database, await this.#lines(), names, promises);
  }

  /** Its runs, as a condition in SQL. */
  get #runs(): string {
    return `(dag_id like '%\\_${this.#suffix}' or run_id like '%\\_${this.#suffix}')`;
  }
}

/**
 * Has everything done by one process of each kind, with settings of its own, until it is disposed of.
 * @returns the worker
 */
export async function onlyThese(
  rig: Rig,
  settings: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly worker: ChildProcess }> {
  await Promise.all(rig.all().map(crash));
  const ours = await Promise.all(ROLES.map((role) => rig.startOne(role, settings)));
  return {
    worker: ours[ROLES.indexOf("worker")]!,
    async [Symbol.asyncDispose]() {
      await Promise.all(ours.map(crash));
    },
  };
}

/** Ends a process as a crash of it would. */
export async function crash(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
