import type { Database } from "#core/database/connect.ts";
import type { TaskOfRun } from "#core/database/ready-tasks.ts";
import { stopRemainingTasks } from "#core/database/stop-remaining-tasks.ts";
import type { Log } from "#core/log.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { CheckPast, GatedInstance } from "./check-past.ts";
import { describeRun } from "./describe-run.ts";
import { type DueExpansion, expandRuns } from "./expand-runs.ts";
import type { Instance } from "./instance.ts";
import type { UnrunState } from "./judge-instances.ts";
import type { PendingChanges } from "./pending-changes.ts";
import type { Evaluation, RunMirror } from "./run-mirror.ts";

/** What a round found to be done. */
export interface Decisions {
  ready: TaskOfRun[];
  readonly settled: (TaskOfRun & { readonly state: UnrunState })[];
}

/** What deciding needs of the evaluator. */
export interface DecidingContext {
  readonly db: Database;
  readonly log: Log;
  readonly runs: ActiveRuns;
  readonly changes: PendingChanges;
  readonly checkPast: CheckPast;
}

type EvaluatedRun = Evaluation & { readonly mirror: RunMirror };

/**
 * Evaluates runs to the end: mapped tasks whose length is known get their rows and are judged in the same round, and
 * so is what follows from instances that earlier runs let be skipped.
 */
export async function decideRuns(context: DecidingContext, affected: readonly RunMirror[]): Promise<Decisions> {
  const decisions: Decisions = { ready: [], settled: [] };
  let isRepeated = false;
  for (let left = affected; left.length > 0; ) {
    const evaluations = left.map((mirror) => ({ mirror, ...mirror.evaluate() }));
    for (const evaluation of evaluations) collect(evaluation, decisions);
    const expanded = await expandDue(context, evaluations);
    const skipped = await passGate(context, evaluations, decisions);
    await stopOthers(context, evaluations);
    left = [...new Set([...expanded, ...skipped])];
    // What was ready before the rows were made may have been found again.
    if (left.length > 0) isRepeated = true;
  }
  if (isRepeated) decisions.ready = withoutRepeats(decisions.ready);
  return decisions;
}

function collect({ mirror, ready, settled }: EvaluatedRun, decisions: Decisions): void {
  for (const instance of ready) decisions.ready.push(nameOf(mirror, instance));
  for (const instance of settled) decisions.settled.push({ ...nameOf(mirror, instance), state: instance.state });
}

/** Makes the rows of maps whose length is known; returns the runs that have new ones. */
async function expandDue({ db }: DecidingContext, evaluations: readonly EvaluatedRun[]): Promise<RunMirror[]> {
  const due = evaluations.flatMap(({ mirror, expansions }) =>
    expansions.map((expansion): DueExpansion => ({ mirror, expansion })),
  );
  if (due.length > 0) await expandRuns(db, due);
  return due.map(({ mirror }) => mirror);
}

/**
 * The one place where an instance that its upstream lets go may be held back. Returns the runs in which one was
 * skipped, which what is below it has to hear.
 */
async function passGate(
  { db, runs, checkPast }: DecidingContext,
  evaluations: readonly EvaluatedRun[],
  decisions: Decisions,
): Promise<RunMirror[]> {
  const gated = evaluations.flatMap(({ mirror, gated }) =>
    gated.map((instance): GatedInstance => ({ mirror, ...instance })),
  );
  if (gated.length === 0) return [];
  const mayGo = await checkPast(db, gated);
  const skipped: RunMirror[] = [];
  gated.forEach((instance, place) => {
    const { mirror, verdict } = instance;
    const name = nameOf(mirror, instance);
    if (!mayGo[place]) runs.holdForPast(mirror, instance);
    else if (verdict === "run") decisions.ready.push(name);
    else {
      mirror.settle(name.taskId, name.mapIndex, verdict);
      decisions.settled.push({ ...name, state: verdict });
      skipped.push(mirror);
    }
  });
  return skipped;
}

/** Stops what is left of runs that fail fast. */
async function stopOthers({ db, log, changes }: DecidingContext, evaluations: readonly EvaluatedRun[]): Promise<void> {
  const failed = evaluations.filter(({ stopFor }) => stopFor.length > 0);
  if (failed.length === 0) return;
  const runs = failed.map(({ mirror: { dagRunId, structure }, stopFor }) => {
    const isSpared = (task: number) => structure.tasks[task]!.isTeardown || stopFor.includes(task);
    return { dagRunId, spared: structure.tasks.flatMap(({ taskId }, task) => (isSpared(task) ? [taskId] : [])) };
  });
  await stopRemainingTasks(db, runs);
  for (const { mirror, stopFor } of failed) {
    const tasks = stopFor.map((task) => mirror.structure.tasks[task]!.taskId).join(", ");
    log.info(`Stopping all tasks of ${describeRun(mirror)}, which fails fast, because of ${tasks}`);
    changes.reload(mirror.dagRunId);
  }
}

function nameOf({ dagRunId, structure }: RunMirror, { task, mapIndex }: Instance): TaskOfRun {
  return { dagRunId, taskId: structure.tasks[task]!.taskId, mapIndex };
}

function withoutRepeats(tasks: readonly TaskOfRun[]): TaskOfRun[] {
  return [...new Map(tasks.map((task) => [`${task.dagRunId} ${task.taskId} ${task.mapIndex}`, task])).values()];
}
