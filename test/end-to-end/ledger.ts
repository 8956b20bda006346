import { readFile } from "node:fs/promises";

/**
 * A DAG whose tasks write into a file beside the database: a line every 20 ms while they run. What ran when can so
 * be told whatever the database says.
 * @param layers tasks one after the other
 * @param width tasks side by side in each layer
 */
export function ledgerDag(id: string, ledger: string, { layers, width }: { layers: number; width: number }): string {
  return `
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Dag, getContext } from "daisy";

const dag = new Dag("${id}");

async function work() {
  const { taskId } = getContext();
  const execution = taskId + " " + process.pid + " " + performance.now();
  for (let tick = 0; tick < 10; tick++) {
    appendFileSync(${JSON.stringify(ledger)}, JSON.stringify({ taskId, execution, at: Date.now() }) + "\\n");
    await sleep(20);
  }
}

let above = [];
for (let layer = 0; layer < ${layers}; layer++) {
  const tasks = [];
  for (let place = 0; place < ${width}; place++) tasks.push(dag.task("task_" + layer + "_" + place, work)());
  for (const task of above) task.before(...tasks);
  above = tasks;
}
`;
}

export interface Execution {
  readonly taskId: string;
  readonly from: number;
  readonly to: number;
}

/** The executions that a ledger tells of, in the order of their starts. */
export async function readExecutions(ledger: string): Promise<Execution[]> {
  const text = await readFile(ledger, "utf8").catch(() => "");
  const executions = new Map<string, { taskId: string; from: number; to: number }>();
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const { taskId, execution, at } = JSON.parse(line) as { taskId: string; execution: string; at: number };
    const known = executions.get(execution);
    if (known) known.to = at;
    else executions.set(execution, { taskId, from: at, to: at });
  }
  return [...executions.values()].sort((one, other) => one.from - other.from);
}

/** Pairs of executions of one task that ran at the same time. */
export function overlaps(executions: readonly Execution[]): [Execution, Execution][] {
  return executions.flatMap((one, index) =>
    executions
      .slice(index + 1)
      .filter((other) => other.taskId === one.taskId && other.from <= one.to)
      .map((other): [Execution, Execution] => [one, other]),
  );
}
