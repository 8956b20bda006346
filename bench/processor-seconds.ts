import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Bench } from "./harness.ts";
import { usage } from "./usage.ts";

/** Processor seconds for 1,000 tasks: comparable between runs on a busy machine, where those by the clock are not. */
export interface ProcessorSeconds {
  /** All of them. */
  readonly scheduler: number;
  /** With the processes of their tasks. */
  readonly workers: number;
  readonly database: number;
}

/** Does some work, and says what the bench's processes took for it. @param tasks how many task instances it runs */
export async function processorSeconds(
  bench: Bench,
  tasks: number,
  work: () => Promise<void>,
): Promise<ProcessorSeconds> {
  const before = await measure(bench);
  await work();
  const after = await measure(bench);
  const perThousand = (who: keyof ProcessorSeconds) =>
    Number((((after[who] - before[who]) * 1_000) / tasks).toFixed(2));
  return {
    scheduler: perThousand("scheduler"),
    workers: perThousand("workers"),
    database: perThousand("database"),
  };
}

async function measure({ home, schedulers, workers }: Bench): Promise<ProcessorSeconds> {
  const lock = await readFile(path.join(home, "postgres", "data", "postmaster.pid"), "utf8");
  const [scheduler, ofWorkers, database] = await Promise.all([
    secondsOf(schedulers.map(({ pid }) => pid!)),
    secondsOf(workers.map(({ pid }) => pid!)),
    secondsOf([Number.parseInt(lock, 10)]),
  ]);
  return { scheduler, workers: ofWorkers, database };
}

async function secondsOf(pids: readonly number[]): Promise<number> {
  const used = await Promise.all(pids.map(usage));
  return used.reduce((sum, { seconds }) => sum + seconds, 0);
}
