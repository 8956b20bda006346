import { createReadStream, existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { groupBy } from "./group-by.ts";

/**
 * What a DAG file of the load needs to write the ledger, a file beside the database to which tasks append: a line at
 * the start, one every 20 ms while they work, and one as the last thing they do. What ran when can so be told whatever
 * the database says.
 *
 * `work(milliseconds)` is such a task's whole work; `begin()` writes the first line and returns `beat(event)`,
 * which writes one more and returns it.
 */
export const ledgerHelpers = (ledger: string) => `
import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import * as daisy from "daisy";
const { Dag, getContext } = daisy;

function begin() {
  const { dagId, runId, taskId, mapIndex, tryNumber } = getContext();
  const execution = process.pid + " " + performance.now();
  const beat = (event) => {
    const line = { run: dagId + "/" + runId, taskId, mapIndex: mapIndex ?? -1, tryNumber, execution, worker: process.ppid, event, at: Date.now() };
    appendFileSync(${JSON.stringify(ledger)}, JSON.stringify(line) + "\\n");
    return line;
  };
  beat("start");
  return beat;
}

async function work(milliseconds = 100) {
  const beat = begin();
  for (const until = Date.now() + milliseconds; Date.now() < until; beat("beat")) await sleep(20);
  beat("end");
}
`;

/** A line of the ledger. */
export interface LedgerLine {
  /** `dag_id/run_id` */
  readonly run: string;
  readonly taskId: string;
  /** -1: not mapped. */
  readonly mapIndex: number;
  readonly tryNumber: number;
  /** The same in all lines of one execution. */
  readonly execution: string;
  /** The process id of the worker. */
  readonly worker: number;
  readonly event: "start" | "beat" | "end";
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** One execution of a task instance, as its lines tell. */
export interface Execution extends Pick<LedgerLine, "run" | "taskId" | "mapIndex" | "tryNumber" | "worker"> {
  readonly from: number;
  readonly to: number;
  /** Whether the task came to its end. */
  readonly ended: boolean;
}

/** The lines of a ledger from an offset in bytes; the last one may be half written, by a task that was killed. */
export async function readLedger(ledger: string, offset = 0): Promise<LedgerLine[]> {
  if (!existsSync(ledger)) return [];
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(ledger, { start: offset })) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString("utf8").split("\n");
  return lines.flatMap((line) => (line.endsWith("}") ? [JSON.parse(line) as LedgerLine] : []));
}

/** How long a ledger is by now: from here on there is only what is written later. */
export async function ledgerEnd(ledger: string): Promise<number> {
  return existsSync(ledger) ? (await stat(ledger)).size : 0;
}

/** The executions that lines tell of, in the order of their starts. */
export function executionsOf(lines: readonly LedgerLine[]): Execution[] {
  const byId = groupBy(lines, (line) => line.execution);
  return [...byId.values()]
    .map((own): Execution => {
      const { run, taskId, mapIndex, tryNumber, worker } = own[0]!;
      const times = own.map(({ at }) => at);
      const ended = own.some(({ event }) => event === "end");
      return {
        run,
        taskId,
        mapIndex,
        tryNumber,
        worker,
        from: Math.min(...times),
        to: Math.max(...times),
        ended,
      };
    })
    .sort((one, other) => one.from - other.from);
}
