import type { ChildProcess } from "node:child_process";
import { memoryOf } from "#test/helpers/memory.ts";
import { groupBy } from "./group-by.ts";

/** Lines that one process may write in a case, besides some each second. */
const LINES = 80;
const LINES_PER_SECOND = 1;
/** Memory that one process may have when all runs of a case have ended, in megabytes. */
const MEGABYTES = 400;
const SHOWN_LINES = 12;

/** How the processes of a rig behave while things break: they neither end, nor fill their logs, nor grow. */
export class Conduct {
  readonly #told = new Map<ChildProcess, string[]>();
  readonly #megabytes = new Map<ChildProcess, number>();
  readonly #askedToLeave = new Set<ChildProcess>();
  #since = performance.now();

  /** Takes what a process writes into its log; with `BENCH_VERBOSE` it is shown too. */
  hear(text: string, from: ChildProcess): void {
    if (process.env.BENCH_VERBOSE) process.stderr.write(text);
    const lines = this.#told.get(from) ?? [];
    this.#told.set(from, lines);
    lines.push(...text.split("\n").filter((line) => line !== ""));
  }

  /** From now on counts what comes. */
  begin(): void {
    this.#since = performance.now();
    this.#told.clear();
    this.#megabytes.clear();
  }

  /** Notes the memory that processes have now. */
  weigh(processes: readonly ChildProcess[]): void {
    for (const child of processes) this.#megabytes.set(child, memoryOf(child.pid!));
  }

  /** What a process has written since then. */
  linesOf(child: ChildProcess): readonly string[] {
    return this.#told.get(child) ?? [];
  }

  /** From now on a process may end in order. */
  letLeave(child: ChildProcess): void {
    this.#askedToLeave.add(child);
  }

  /** What was wrong since then, as sentences. A process that was killed was so by the case. */
  complaints(processes: readonly ChildProcess[]): string[] {
    const seconds = (performance.now() - this.#since) / 1_000;
    const limit = LINES + LINES_PER_SECOND * seconds;
    return processes.flatMap((child) => {
      const lines = this.linesOf(child);
      const name = child.spawnargs.slice(2).join(" ");
      const end = `; most of its log was:\n${commonest(lines).join("\n")}`;
      const megabytes = this.#megabytes.get(child) ?? 0;
      const mayLeave = this.#askedToLeave.has(child) && child.exitCode === 0;
      return [
        ...(child.exitCode !== null && !mayLeave ? [`${name} ended by itself with code ${child.exitCode}${end}`] : []),
        ...(child.signalCode !== null && child.signalCode !== "SIGKILL"
          ? [`${name} died of ${child.signalCode}${end}`]
          : []),
        ...(lines.length > limit ? [`${name} wrote ${lines.length} lines in ${seconds.toFixed(0)} s${end}`] : []),
        ...(megabytes > MEGABYTES ? [`${name} has ${megabytes} MB of memory`] : []),
      ];
    });
  }

  /** The most of each, for the eye. */
  describe(processes: readonly ChildProcess[]): string {
    const lines = Math.max(0, ...processes.map((child) => this.linesOf(child).length));
    const megabytes = Math.max(0, ...this.#megabytes.values());
    return `conduct: at most ${lines} log lines and ${megabytes} MB of one process`;
  }
}

/** The lines that came most often, whatever the figures in them, with how often. */
function commonest(lines: readonly string[]): string[] {
  const byShape = groupBy(lines, (line) => line.replace(/^\[.*?\] /, "").replace(/\d+/g, "#"));
  return [...byShape.values()]
    .sort((one, other) => other.length - one.length)
    .slice(0, SHOWN_LINES)
    .map((same) => `${same.length} × ${same[0]}`);
}
