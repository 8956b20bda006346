import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 250;

interface ProcessUsage {
  readonly pid: number;
  /** Processor seconds of its own, in user and system mode. */
  readonly seconds: number;
  /** Those of its children that have ended. */
  readonly secondsOfEnded: number;
  readonly megabytes: number;
}

/** A process and all below it (Linux's /proc); empty when it has ended. */
async function listTree(pid: number): Promise<ProcessUsage[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return [];
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = (one: number, other: number) => (Number(fields[one]) + Number(fields[other])) / TICKS_PER_SECOND;
  const own = {
    pid,
    seconds: ticks(11, 12),
    secondsOfEnded: ticks(13, 14),
    megabytes: (Number(fields[21]) * 4096) / 2 ** 20,
  };
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, "utf8").catch(() => "")),
  );
  const children = lists.join(" ").split(/\s+/).filter(Boolean).map(Number);
  return [own, ...(await Promise.all(children.map(listTree))).flat()];
}

/** Processor seconds and resident memory of a process and all below it, with the seconds of children that have ended. */
export async function usage(pid: number): Promise<{ seconds: number; megabytes: number }> {
  const tree = await listTree(pid);
  return {
    seconds: tree.reduce((sum, each) => sum + each.seconds + each.secondsOfEnded, 0),
    megabytes: tree.reduce((sum, each) => sum + each.megabytes, 0),
  };
}

/**
 * The processor seconds that a process and all below it take within some time. They are looked at again and again: when
 * a process is killed, nobody is left who knows what those below it took.
 */
export async function secondsWithin(pid: number, milliseconds: number): Promise<number> {
  const endsAt = performance.now() + milliseconds;
  const known = new Map((await listTree(pid)).map((each) => [each.pid, each.seconds]));
  let spent = 0;
  while (performance.now() < endsAt) {
    await sleep(Math.min(SAMPLE_MS, Math.max(0, endsAt - performance.now())));
    for (const each of await listTree(pid)) {
      spent += each.seconds - (known.get(each.pid) ?? 0);
      known.set(each.pid, each.seconds);
    }
  }
  return spent;
}
