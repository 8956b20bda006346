import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { startBench, summarize, untilCount } from "../harness.ts";

const DAGS = 5000;
const WATCH_MS = 30_000;
const EDITS = 9;
const TICKS_PER_SECOND = 100;

const dag = (id: string, edition: number) => `
import { Dag } from "daisy";
const dag = new Dag("${id}", { description: "edition ${edition}" });
dag.task("only", async () => undefined)();
`;

/** 5,000 DAG files that do nothing: what the scheduler costs meanwhile, and how soon an edit is visible. */
export async function idleDags5000() {
  const ids = Array.from({ length: DAGS }, (_, index) => `idle_${index}`);
  const dags = Object.fromEntries(ids.map((id) => [`${id}.ts`, dag(id, 0)]));
  await using bench = await startBench({ dags, workers: 0 });
  const start = performance.now();
  await bench.untilDags(DAGS, 1_200_000);
  const firstParse = (performance.now() - start) / 1000;
  await sleep(5_000);
  const pid = bench.scheduler.pid!;
  const before = await usage(pid);
  await sleep(WATCH_MS);
  const after = await usage(pid);
  const edits: number[] = [];
  for (let edit = 1; edit <= EDITS; edit++) {
    const id = ids[edit * 500]!;
    const saved = performance.now();
    await bench.writeDag(`${id}.ts`, dag(id, edit));
    const seen = `select count(*)::integer as count from dag where dag_id = '${id}' and description = 'edition ${edit}'`;
    await untilCount(bench.database, seen, 1, 60_000);
    edits.push((performance.now() - saved) / 1000);
  }
  return {
    firstParseSeconds: Number(firstParse.toFixed(1)),
    percentOfACore: Number((((after.seconds - before.seconds) / (WATCH_MS / 1000)) * 100).toFixed(2)),
    megabytes: Math.round(after.megabytes),
    editVisibleSeconds: summarize(edits, 2),
  };
}

/** Processor seconds and resident memory of a process and all below it (Linux's /proc). */
async function usage(pid: number): Promise<{ seconds: number; megabytes: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const own = {
    seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
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
