import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "#test/helpers/until.ts";
import { type Fault, PATIENCE_MS, underLoad } from "../fault.ts";
import { poisonLoad } from "../load.ts";
import { silence, startsAgain } from "../recovery.ts";
import { crash, type Rig } from "../rig.ts";

const FAULTS: readonly Fault[] = [
  {
    title: "a worker is killed",
    goal: { what: "its tasks start again", seconds: 5 },
    play: underLoad(async (rig, load) => {
      const worker = rig.alive("worker")[0]!;
      await load.untilBusy(worker);
      await crash(worker);
      return startsAgain(worker, Date.now());
    }),
  },
  {
    title: "one of two schedulers is killed",
    goal: { what: "the longest that nothing starts", seconds: 2 },
    play: underLoad(async (rig) => {
      await crash(rig.alive("scheduler")[0]!);
      return silence();
    }),
  },
  {
    title: "the triggerer that looks after a trigger is killed",
    goal: { what: "the trigger fires", seconds: 5 },
    play: underLoad(async (rig) => {
      const holder = await holderOfTrigger(rig);
      await crash(holder);
      const since = Date.now();
      return ({ executions }) =>
        executions.filter(({ taskId }) => taskId === "arrived").map(({ from }) => from - since);
    }),
  },
  {
    title: "a worker is paused for so long that another one takes over, and comes back",
    goal: { what: "its tasks start again, after the 8 s of task_instance_heartbeat_timeout", seconds: 10 },
    play: underLoad(async (rig, load) => {
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
    }),
  },
  {
    title: "a task takes down its worker each time until it is given up, among others that go on",
    async play({ t, rig, isInOrder }) {
      const load = await rig.startLoad(poisonLoad(rig.place));
      await load.arrive();
      const stopped = new AbortController();
      const kept = keepWorkers(rig, stopped.signal);
      await load.untilEnded(PATIENCE_MS).finally(() => stopped.abort());
      await kept;
      await isInOrder(load);
      const { executions } = await load.evidence();
      t.is(executions.filter(({ taskId }) => taskId === "kills").length, 3);
    },
  },
];
export default FAULTS;

/** The triggerer that has adopted the trigger of a file sensor. */
function holderOfTrigger(rig: Rig): Promise<ChildProcess> {
  return until("a triggerer has adopted the file sensor's trigger", async () => {
    const { rows } = await rig.bench.database.query<{ pid: number }>(
      `select j.pid from task_instance ti join job j on j.id = ti.triggerer_id
        where ti.state = 'deferred' and ti.task_id = 'file'`,
    );
    return rig.alive("triggerer").find(({ pid }) => pid === rows[0]?.pid);
  });
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
