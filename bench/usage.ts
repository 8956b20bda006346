import { readdir, readFile } from "node:fs/promises";

const TICKS_PER_SECOND = 100;

/** Processor seconds and resident memory of a process and all below it (Linux's /proc). */
export async function usage(pid: number): Promise<{ seconds: number; megabytes: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const own = {
    // User and system time, of the process and of its children that have ended.
    seconds: [11, 12, 13, 14].reduce((sum, place) => sum + Number(fields[place]), 0) / TICKS_PER_SECOND,
    megabytes: (Number(fields[21]) * 4096) / 2 ** 20,
  };
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, "utf8").catch(() => "")),
  );
  const children = lists.join(" ").split(/\s+/).filter(Boolean).map(Number);
  for (const child of children) {
    const below = await usage(child).catch(() => ({ seconds: 0, megabytes: 0 }));
    own.seconds += below.seconds;
    own.megabytes += below.megabytes;
  }
  return own;
}
