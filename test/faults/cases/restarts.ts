import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { ExecutionContext } from "ava";
import { type Fault, UNDER_WAY } from "../fault.ts";
import { silence } from "../recovery.ts";
import type { Rig, Role } from "../rig.ts";

const FAULTS: readonly Fault[] = [
  {
    title: "every scheduler, worker, triggerer and the web server are replaced, one after the other",
    async play({ t, rig, isInOrder }) {
      for (const role of ["scheduler", "worker", "triggerer"] as const) {
        const load = await rig.startLoad();
        await load.untilStarted(UNDER_WAY);
        for (const old of rig.alive(role)) await replace(t, rig, role, old);
        await load.arrive();
        await isInOrder(load);
      }
      for (const old of rig.alive("webserver")) await replace(t, rig, "webserver", old);
    },
  },
  {
    title: "four schedulers decide at once, and none leads",
    goal: { what: "the longest that nothing starts", seconds: 2 },
    async play({ t, rig, isInOrder }) {
      const more = await Promise.all([rig.startOne("scheduler"), rig.startOne("scheduler")]);
      const deadlocks = await countDeadlocks(rig);
      const load = await rig.startLoad();
      const measured = silence();
      await load.arrive();
      await isInOrder(load, measured);
      for (const scheduler of more) await leaves(t, rig, scheduler, "a scheduler");
      t.is(await countDeadlocks(rig), deadlocks, "no two of them waited for each other");
    },
  },
];
export default FAULTS;

/** Starts a successor, then asks a process to leave and waits until it has. */
async function replace(t: ExecutionContext, rig: Rig, role: Role, old: ChildProcess): Promise<void> {
  await rig.startOne(role);
  await leaves(t, rig, old, role);
}

/** Asks a process to leave, which it does in order. */
async function leaves(t: ExecutionContext, rig: Rig, child: ChildProcess, what: string): Promise<void> {
  const left = once(child, "exit");
  rig.conduct.letLeave(child);
  child.kill("SIGTERM");
  t.deepEqual(await left, [0, null], `${what} leaves by itself`);
}

async function countDeadlocks(rig: Rig): Promise<number> {
  const { rows } = await rig.bench.database.query<{ deadlocks: number }>(
    "select deadlocks from pg_stat_database where datname = current_database()",
  );
  return rows[0]!.deadlocks;
}
