// Faults under a mixed load, on a whole Daisy with two of each process. After each, the auditor looks at everything
// that ran. `DAISY_FAULTS_ROUNDS` repeats every case, `DAISY_FAULTS_OUTAGE_SECONDS` sets how long a server is away.
import type { ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { quantile } from "#bench/harness.ts";
import { findRedisServer } from "#setup/services/private-redis.ts";
import { createTcpGate } from "#test/worker/tcp-gate.ts";
import { audit, type Evidence } from "./audit.ts";
import { longestSilence, timesToStartAgain } from "./recovery.ts";
import { crash, type Load, Rig, until } from "./rig.ts";

const ROUNDS = Number(process.env.DAISY_FAULTS_ROUNDS ?? 1);
const OUTAGE_MS = Number(process.env.DAISY_FAULTS_OUTAGE_SECONDS ?? 2) * 1_000;
/** For all runs of a case to end, on a machine that has much else to do. */
const PATIENCE_MS = 120_000 + OUTAGE_MS;
/** Executions that have started when the fault happens. */
const UNDER_WAY = 20;

/** Measures, in milliseconds, how long it took until what the fault stopped went on. */
type Recovery = (evidence: Evidence) => readonly number[];

interface Fault {
  readonly title: string;
  /** What is printed of the recovery, with the figure to reach. */
  readonly goal: string;
  readonly needsRedis?: true;
  /** Only when `DAISY_FAULTS_ROUNDS` is set: a worker paused at an unlucky moment may hold up runs. */
  readonly longOnly?: true;
  readonly happen: (rig: Rig, load: Load) => Promise<Recovery>;
}

const silence: () => Recovery = () => {
  const since = Date.now();
  return ({ executions }) => [longestSilence(executions, since)];
};

const startsAgain = (worker: ChildProcess, since: number): Recovery => {
  return ({ executions }) => timesToStartAgain(executions, worker.pid!, since);
};

const FAULTS: readonly Fault[] = [
  {
    title: "a worker is killed",
    goal: "its tasks start again within 5 s",
    async happen(rig, load) {
      const worker = rig.alive("worker")[0]!;
      await load.untilBusy(worker);
      await crash(worker);
      return startsAgain(worker, Date.now());
    },
  },
  {
    title: "one of two schedulers is killed",
    goal: "nothing stands still for more than 2 s",
    async happen(rig) {
      await crash(rig.alive("scheduler")[0]!);
      return silence();
    },
  },
  {
    title: "the triggerer that looks after a trigger is killed",
    goal: "the trigger fires within 5 s",
    async happen(rig) {
      const holder = await holderOfTrigger(rig);
      await crash(holder);
      const since = Date.now();
      return ({ executions }) =>
        executions.filter(({ taskId }) => taskId === "arrived").map(({ from }) => from - since);
    },
  },
  {
    title: "a worker is paused for so long that another one takes over, and comes back",
    longOnly: true,
    goal: "its tasks start again within 10 s, after the 8 s of task_instance_heartbeat_timeout",
    async happen(rig, load) {
      const worker = rig.alive("worker")[0]!;
      await load.untilBusy(worker);
      worker.kill("SIGSTOP");
      const since = Date.now();
      await load.arrive();
      try {
        await load.untilEnded(PATIENCE_MS);
      } finally {
        worker.kill("SIGCONT");
      }
      // What it writes late comes before or with its next heartbeats.
      await beats(rig, worker, 3);
      return startsAgain(worker, since);
    },
  },
  {
    title: "Redis loses everything (FLUSHALL)",
    goal: "nothing stands still for more than 2 s",
    needsRedis: true,
    async happen(rig) {
      await flushAll(rig.bench.services.brokerUrl!);
      return silence();
    },
  },
  {
    title: "Redis is killed and started again",
    goal: "nothing stands still for more than 2 s after its return",
    needsRedis: true,
    async happen(rig) {
      process.kill(Number(await readFile(path.join(rig.bench.home, "redis", "redis.pid"), "utf8")), "SIGKILL");
      await sleep(OUTAGE_MS);
      await rig.bench.services.redis!.restart();
      return silence();
    },
  },
  {
    title: "PostgreSQL stops and starts again",
    goal: "nothing stands still for more than 3 s after its return",
    async happen(rig) {
      await rig.bench.services.postgres.stop();
      await sleep(OUTAGE_MS);
      await rig.bench.services.postgres.restart();
      return silence();
    },
  },
  {
    title: "all of Daisy's connections to the database are ended, several times",
    goal: "nothing stands still for more than 3 s",
    async happen(rig) {
      const since = Date.now();
      for (let times = 0; times < 5; times++) {
        await rig.bench.database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where usename = current_user and application_name <> 'daisy-bench'`,
        );
        await sleep(100);
      }
      return ({ executions }) => [longestSilence(executions, since)];
    },
  },
];

const inUse = FAULTS.filter(
  ({ needsRedis, longOnly }) =>
    !(needsRedis && findRedisServer() === undefined) && !(longOnly && process.env.DAISY_FAULTS_ROUNDS === undefined),
);

let rig: Rig;
test.before(async (t) => {
  t.timeout(PATIENCE_MS);
  rig = await Rig.start();
});
test.after.always(() => rig?.bench[Symbol.asyncDispose]());

for (let round = 1; round <= ROUNDS; round++) {
  const inRound = ROUNDS === 1 ? "" : ` (round ${round})`;

  for (const { title, goal, happen } of inUse) {
    test.serial(`${title}: nothing is lost, doubled or out of order${inRound}`, async (t) => {
      t.timeout(4 * PATIENCE_MS);
      await rig.makeWhole();
      const load = await rig.startLoad();
      await load.untilStarted(UNDER_WAY);
      const recovery = await happen(rig, load);
      await load.arrive();
      await isInOrder(t, load, goal, recovery);
    });
  }

  test.serial(`a slow network to the database, which then is cut: nothing is lost or doubled${inRound}`, async (t) => {
    t.timeout(4 * PATIENCE_MS);
    await rig.makeWhole();
    await using gate = await createTcpGate(rig.bench.services.databaseUrl);
    const worker = await rig.startOne("worker", { AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: gate.url });
    try {
      gate.slow(20);
      const load = await rig.startLoad();
      await load.untilBusy(worker);
      gate.shut();
      await sleep(OUTAGE_MS);
      gate.open();
      await load.arrive();
      await isInOrder(t, load, "nothing stands still for more than 3 s after its return", silence());
    } finally {
      await crash(worker);
    }
  });

  test.serial(`a task that takes down its worker each time is given up, and other runs go on${inRound}`, async (t) => {
    t.timeout(4 * PATIENCE_MS);
    await rig.makeWhole();
    const poison = await rig.startPoison();
    const ended = poison.untilEnded(PATIENCE_MS);
    const stopped = new AbortController();
    const kept = keepWorkers(rig, stopped.signal);
    await ended.finally(() => stopped.abort());
    await kept;
    const evidence = await poison.evidence();
    t.deepEqual(audit(evidence), []);
    t.is(evidence.executions.length, 4);
    const load = await rig.startLoad();
    await load.arrive();
    await isInOrder(t, load);
  });
}

async function isInOrder(t: ExecutionContext, load: Load, goal?: string, recovery?: Recovery): Promise<void> {
  await load.untilEnded(PATIENCE_MS);
  const evidence = await load.evidence();
  t.deepEqual(audit(evidence), []);
  if (goal === undefined || recovery === undefined) return;
  const times = [...recovery(evidence)].sort((one, other) => one - other);
  const p99 = times.length === 0 ? "nothing to recover" : `${(quantile(times, 0.99) / 1_000).toFixed(2)} s`;
  t.log(`recovery p99 ${p99} (${times.length} measured); to reach: ${goal}`);
}

/** The triggerer that has adopted the trigger of a file sensor. */
async function holderOfTrigger(rig: Rig): Promise<ChildProcess> {
  let holder: ChildProcess | undefined;
  await until("a triggerer has adopted the file sensor's trigger", async () => {
    const { rows } = await rig.bench.database.query<{ pid: number }>(
      `select j.pid from task_instance ti join job j on j.id = ti.triggerer_id
        where ti.state = 'deferred' and ti.task_id = 'file'`,
    );
    holder = rig.alive("triggerer").find(({ pid }) => pid === rows[0]?.pid);
    return holder !== undefined;
  });
  return holder!;
}

/** Waits for some more heartbeats of a process. */
async function beats(rig: Rig, { pid }: ChildProcess, count: number): Promise<void> {
  for (let beat = 0; beat < count; beat++) {
    const last = await lastBeat(rig, pid!);
    await until(`a heartbeat of process ${pid}`, async () => (await lastBeat(rig, pid!)) !== last);
  }
}

async function lastBeat(rig: Rig, pid: number): Promise<number | undefined> {
  const { rows } = await rig.bench.database.query<{ latest_heartbeat: Date }>(
    "select latest_heartbeat from job where pid = $1 order by start_date desc limit 1",
    [pid],
  );
  return rows[0]?.latest_heartbeat.getTime();
}

/** Replaces workers that end, as a supervisor does. */
async function keepWorkers(rig: Rig, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await rig.makeWhole();
    await sleep(50);
  }
}

async function flushAll(brokerUrl: string): Promise<void> {
  const { port, hostname, password } = new URL(brokerUrl);
  const socket = connect(Number(port), hostname);
  socket.end(`AUTH ${password}\r\nFLUSHALL\r\nQUIT\r\n`);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  if (answer !== "+OK\r\n+OK\r\n+OK\r\n") throw new Error(`Redis answered ${answer}`);
}
