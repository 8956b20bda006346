import { setTimeout as sleep } from "node:timers/promises";
import { startBench, summarize, untilCount } from "../harness.ts";
import { secondsWithin, usage } from "../usage.ts";

const DAGS = 5000;
const WATCH_MS = 60_000;
const EDITS = 9;

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
  // Until what came due while all was parsed has been loaded again: what is saved up for that is spent once.
  await sleep(65_000);
  const pid = bench.scheduler.pid!;
  const seconds = await secondsWithin(pid, WATCH_MS);
  const { megabytes } = await usage(pid);
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
    percentOfACore: Number(((seconds / (WATCH_MS / 1000)) * 100).toFixed(2)),
    megabytes: Math.round(megabytes),
    editVisibleSeconds: summarize(edits, 2),
  };
}
