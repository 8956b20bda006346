import { RUN_MOVES } from "#core/states/run-moves.ts";
import { TASK_MOVES } from "#core/states/task-moves.ts";
import type { DagRunState, TaskState } from "#sdk/states.ts";
import { groupBy } from "./group-by.ts";
import type { Execution } from "./ledger.ts";

/** What a DAG of the load promises; the auditor holds its runs to it. */
export interface DagPromise {
  /** Tasks that nothing else here names: those too must have an instance in each run. */
  readonly tasks?: readonly string[];
  /** How its runs end. @default success */
  readonly runState?: "success" | "failed";
  /** How task instances end that do not succeed, by task id. */
  readonly states?: Readonly<Record<string, TaskState>>;
  /** `[above, below]`: nothing of the first may happen after the second has started. */
  readonly order?: readonly (readonly [string, string])[];
  /** Retries by task id. @default 0 */
  readonly retries?: Readonly<Record<string, number>>;
  /** Instances of mapped tasks, by task id. */
  readonly mapped?: Readonly<Record<string, number>>;
  /** Tasks that succeed without writing the ledger, because no code of the DAG's runs in them. */
  readonly silent?: readonly string[];
  /** Tasks that are executed several times in one try, because they wait. */
  readonly waiting?: readonly string[];
  /** Tasks that are given their state by hand while they run, and so never come to their end. */
  readonly marked?: readonly string[];
  /** The logical dates that its scheduled runs must have, each once. */
  readonly intervals?: readonly string[];
}

export interface RunRow {
  readonly dagId: string;
  /** `dag_id/run_id` */
  readonly run: string;
  readonly state: DagRunState;
  readonly logicalDate: string | null;
}

export interface InstanceRow {
  readonly dagId: string;
  readonly run: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly state: TaskState | null;
  readonly tryNumber: number;
}

/** A change of state that the database made; `of` names the run, or the task instance. */
export interface Move {
  readonly kind: "run" | "task";
  readonly of: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** All that is known of some runs when nothing more is expected of them. */
export interface Evidence {
  readonly promises: Readonly<Record<string, DagPromise>>;
  readonly runs: readonly RunRow[];
  readonly instances: readonly InstanceRow[];
  readonly moves: readonly Move[];
  readonly executions: readonly Execution[];
}

/** How often a try may be lost with its worker, beside the task's own retries. */
const MAX_LOSSES = 3;

/** The rules, each giving the violations it finds as sentences. */
export const RULES: Readonly<Record<string, (evidence: Evidence) => string[]>> = {
  "every run ends, in the state its DAG promises": runsEnd,
  "every task instance ends, in the state its DAG promises": instancesEnd,
  "no two executions of one task instance overlap": overlaps,
  "a try is executed once": repeats,
  "nothing above happens after what is below has started": disorder,
  "tries are bounded": excess,
  "every interval has one run": intervals,
  "only allowed moves are made": badMoves,
  "no success without an end in the ledger, unless by hand": unearned,
  "nothing that is marked comes to its end": uninterrupted,
};

/** Every violation of every rule. An empty list says that the evidence is in order. */
export function audit(evidence: Evidence): string[] {
  return Object.entries(RULES).flatMap(([rule, find]) => find(evidence).map((found) => `${rule}: ${found}`));
}

type Named = Pick<InstanceRow, "run" | "taskId" | "mapIndex">;
const nameOf = ({ run, taskId, mapIndex }: Named) => `${run} ${taskId} [${mapIndex}]`;
const byInstance = (executions: readonly Execution[]) => [...groupBy(executions, nameOf)];

function runsEnd({ promises, runs }: Evidence): string[] {
  return runs.flatMap(({ dagId, run, state }) => {
    const promised = promises[dagId]?.runState ?? "success";
    return state === promised ? [] : [`${run} is ${state}, not ${promised}`];
  });
}

function instancesEnd({ promises, runs, instances }: Evidence): string[] {
  const wrong = instances.flatMap((instance) => {
    const promised = promises[instance.dagId]?.states?.[instance.taskId] ?? "success";
    return instance.state === promised ? [] : [`${nameOf(instance)} is ${instance.state}, not ${promised}`];
  });
  const miscounted = runs.flatMap(({ dagId, run }) => {
    const promise = promises[dagId] ?? {};
    return tasksOf(promise).flatMap((taskId) => {
      const count = instances.filter((instance) => instance.run === run && instance.taskId === taskId).length;
      const promised = promise.mapped?.[taskId] ?? 1;
      return count === promised ? [] : [`${run} ${taskId} has ${count} instances, not ${promised}`];
    });
  });
  return [...wrong, ...miscounted];
}

/** Every task that a promise names. */
function tasksOf(promise: DagPromise): string[] {
  const { tasks = [], order = [], states, retries, mapped, silent = [], waiting = [], marked = [] } = promise;
  const keyed = [states, retries, mapped].flatMap((byTask) => Object.keys(byTask ?? {}));
  return [...new Set([...tasks, ...order.flat(), ...keyed, ...silent, ...waiting, ...marked])];
}

function overlaps({ executions }: Evidence): string[] {
  return byInstance(executions).flatMap(([name, own]) =>
    own.slice(1).flatMap((next, index) => {
      const before = own.slice(0, index + 1).find(({ to }) => to > next.from);
      return before
        ? [`${name} ran in process ${next.worker} until another one ended ${before.to - next.from} ms later`]
        : [];
    }),
  );
}

function repeats({ promises, runs, executions }: Evidence): string[] {
  const dagOf = new Map(runs.map(({ run, dagId }) => [run, dagId]));
  return byInstance(executions).flatMap(([name, own]) => {
    const { run, taskId } = own[0]!;
    if (promises[dagOf.get(run) ?? ""]?.waiting?.includes(taskId)) return [];
    const tries = own.map(({ tryNumber }) => tryNumber);
    return new Set(tries).size === tries.length ? [] : [`${name} ran as tries ${tries.join(", ")}`];
  });
}

function disorder({ promises, runs, executions }: Evidence): string[] {
  const byRun = groupBy(executions, ({ run }) => run);
  return runs.flatMap(({ dagId, run }) => {
    const byTask = groupBy(byRun.get(run) ?? [], ({ taskId }) => taskId);
    return (promises[dagId]?.order ?? []).flatMap(([above, below]) => {
      const lastAbove = Math.max(...(byTask.get(above) ?? []).map(({ to }) => to));
      const firstBelow = Math.min(...(byTask.get(below) ?? []).map(({ from }) => from));
      return lastAbove > firstBelow
        ? [`${run} ${below} started ${lastAbove - firstBelow} ms before ${above} ended`]
        : [];
    });
  });
}

function excess({ promises, instances, executions }: Evidence): string[] {
  const ran = groupBy(executions, nameOf);
  return instances.flatMap((instance) => {
    const allowed = 1 + (promises[instance.dagId]?.retries?.[instance.taskId] ?? 0) + MAX_LOSSES;
    const tries = Math.max(instance.tryNumber, ...(ran.get(nameOf(instance)) ?? []).map(({ tryNumber }) => tryNumber));
    return tries > allowed ? [`${nameOf(instance)} had ${tries} tries of ${allowed}`] : [];
  });
}

function intervals({ promises, runs }: Evidence): string[] {
  return Object.entries(promises).flatMap(([dagId, { intervals: promised }]) => {
    if (promised === undefined) return [];
    const dates = runs.filter((each) => each.dagId === dagId).map(({ logicalDate }) => logicalDate ?? "none");
    return [...new Set([...promised, ...dates])].flatMap((date) => {
      const [count, due] = [dates.filter((each) => each === date).length, promised.includes(date) ? 1 : 0];
      return count === due ? [] : [`${dagId} has ${count} runs of ${date}, not ${due}`];
    });
  });
}

function badMoves({ moves }: Evidence): string[] {
  return moves.flatMap(({ kind, of, from, to }) =>
    isAllowed(kind, from, to) ? [] : [`${of} went from ${from ?? "none"} to ${to ?? "none"}`],
  );
}

function isAllowed(kind: Move["kind"], from: string | null, to: string | null): boolean {
  if (kind === "run") return RUN_MOVES.get(from as DagRunState)?.includes(to as DagRunState) ?? false;
  // Where nothing stands in the way, `none` becomes `queued` in one statement, which is both moves.
  if (from === null && to === "queued") return true;
  return TASK_MOVES.get(from as TaskState | null)?.includes(to as TaskState | null) ?? false;
}

function unearned({ promises, instances, executions }: Evidence): string[] {
  const ended = new Set(executions.filter(({ ended }) => ended).map((each) => `${nameOf(each)} ${each.tryNumber}`));
  return instances.flatMap((instance) => {
    const { silent = [], marked = [] } = promises[instance.dagId] ?? {};
    if (instance.state !== "success" || [...silent, ...marked].includes(instance.taskId)) return [];
    const found = ended.has(`${nameOf(instance)} ${instance.tryNumber}`);
    return found ? [] : [`${nameOf(instance)} succeeded in try ${instance.tryNumber}, which never came to its end`];
  });
}

function uninterrupted({ promises, runs, executions }: Evidence): string[] {
  const dagOf = new Map(runs.map(({ run, dagId }) => [run, dagId]));
  return executions.flatMap((each) => {
    const isMarked = promises[dagOf.get(each.run) ?? ""]?.marked?.includes(each.taskId);
    return isMarked && each.ended ? [`${nameOf(each)} came to its end in try ${each.tryNumber}`] : [];
  });
}
