import type { Database } from "#core/database/connect.ts";
import { type ActiveRun, loadActiveRuns } from "#core/database/dag-runs.ts";
import { DagStructures } from "#core/database/dag-versions.ts";
import type { RunChange } from "#core/database/notifications.ts";
import type { TaskInstanceState } from "#core/states/task-moves.ts";
import type { Instance } from "./instance.ts";
import { RunMirror } from "./run-mirror.ts";

/** The mirrors of all running runs, loaded when something is heard of them. */
export class ActiveRuns {
  readonly #db: Database;
  readonly #structures = new DagStructures();
  readonly #mirrors = new Map<number, RunMirror>();
  /** Runs with instances that wait for earlier runs. */
  readonly #waitingForPast = new Set<RunMirror>();

  constructor(db: Database) {
    this.#db = db;
  }

  get(dagRunId: number): RunMirror | undefined {
    return this.#mirrors.get(dagRunId);
  }

  has(dagRunId: number): boolean {
    return this.#mirrors.has(dagRunId);
  }

  [Symbol.iterator](): Iterator<RunMirror> {
    return this.#mirrors.values();
  }

  /** How many task instances are queued or running. */
  get activeInstances(): number {
    let active = 0;
    for (const mirror of this.#mirrors.values()) active += mirror.active;
    return active;
  }

  forget(dagRunId: number): void {
    this.#mirrors.delete(dagRunId);
  }

  clear(): void {
    this.#mirrors.clear();
    this.#waitingForPast.clear();
  }

  /** Brings the mirrors up to date, and returns those that something changed in. */
  async follow(changes: ReadonlyMap<number, readonly RunChange[] | null>): Promise<RunMirror[]> {
    const affected: RunMirror[] = [];
    const toLoad: number[] = [];
    for (const [id, runChanges] of changes) {
      const mirror = this.#mirrors.get(id);
      if (mirror !== undefined && runChanges !== null && followAll(mirror, runChanges)) affected.push(mirror);
      else toLoad.push(id);
    }
    if (toLoad.length > 0) affected.push(...(await this.#load(toLoad)));
    return affected;
  }

  /** Keeps an instance back until something changes in its DAG, of whose earlier runs it depends. */
  holdForPast(mirror: RunMirror, instance: Instance): void {
    mirror.hold(instance);
    this.#waitingForPast.add(mirror);
  }

  /** The DAGs of the instances that are kept back. */
  get dagsWaitingForPast(): ReadonlySet<string> {
    return new Set([...this.#waitingForPast].map(({ structure }) => structure.dagId));
  }

  /** Has the instances judged again that are kept back in runs of these DAGs; returns the runs. */
  recheckPast(dagIds: ReadonlySet<string>): RunMirror[] {
    const concerned = [...this.#waitingForPast].filter(({ structure }) => dagIds.has(structure.dagId));
    for (const mirror of concerned) {
      this.#waitingForPast.delete(mirror);
      mirror.recheckHeld();
    }
    return concerned.filter((mirror) => this.#mirrors.get(mirror.dagRunId) === mirror);
  }

  async #load(ids: readonly number[]): Promise<RunMirror[]> {
    for (const id of ids) this.#mirrors.delete(id);
    const loaded: RunMirror[] = [];
    for (const run of await loadActiveRuns(this.#db, ids)) {
      const structure = await this.#structures.load(this.#db, run.dagVersionId);
      const deadline = deadlineOf(run, structure.dagrunTimeout);
      const mirror = new RunMirror({ ...run, dagRunId: run.id, deadline }, structure);
      this.#mirrors.set(run.id, mirror);
      loaded.push(mirror);
    }
    return loaded;
  }
}

function followAll(mirror: RunMirror, changes: readonly RunChange[]): boolean {
  return changes.every(({ tasks = [] }) =>
    tasks.every(([taskId, mapIndex, state]) => mirror.follow(taskId, mapIndex, state as TaskInstanceState)),
  );
}

function deadlineOf(run: ActiveRun, timeoutSeconds: number | null): number | null {
  return timeoutSeconds === null ? null : performance.now() + timeoutSeconds * 1000 - run.runningMs;
}
