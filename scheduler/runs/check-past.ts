import type { AirflowConfig } from "#core/config/options.ts";
import type { Queryable } from "#core/database/connect.ts";
import { arePastDependenciesMet, type PastDependency } from "#core/database/past-dependencies.ts";
import type { Instance } from "./instance.ts";
import type { RunMirror } from "./run-mirror.ts";

/** A task instance that its upstream lets go, and that depends on its task's instances of earlier runs. */
export interface GatedInstance extends Instance {
  readonly mirror: RunMirror;
  /** What is to become of it. */
  readonly verdict: "run" | "skipped";
}

/**
 * For each instance, in the order given, whether earlier runs let it go. Asked once for all that a round found, and
 * again for those held back when an instance of the DAG has ended in any run.
 */
export type CheckPast = (db: Queryable, instances: readonly GatedInstance[]) => Promise<readonly boolean[]>;

/** What the configuration says of DAGs and tasks that say nothing of their own. */
export type PastDefaults = Pick<
  AirflowConfig["scheduler"],
  "catchup_by_default" | "ignore_first_depends_on_past_by_default"
>;

/**
 * Says of task instances that depend on earlier runs (`dependsOnPast`, `waitForDownstream`) whether these let them go,
 * in one statement for all. All instances of a task in a run depend on the same, so each task of a run is asked once.
 */
export function checkPastRuns(defaults: PastDefaults): CheckPast {
  return async (db, instances) => {
    const asked = new Map<string, GatedInstance>();
    for (const instance of instances) asked.set(keyOf(instance), instance);
    const dependencies = [...asked.values()].map((instance) => dependencyOf(instance, defaults));
    const met = await arePastDependenciesMet(db, dependencies);
    // A run that is gone has no answer; nothing of it may go.
    if (met.length < dependencies.length) return instances.map(() => false);
    const answers = new Map([...asked.keys()].map((key, place) => [key, met[place]!]));
    return instances.map((instance) => answers.get(keyOf(instance))!);
  };
}

const keyOf = ({ mirror, task }: GatedInstance): string => `${mirror.dagRunId} ${task}`;

function dependencyOf({ mirror, task }: GatedInstance, defaults: PastDefaults): PastDependency {
  const { structure, dagRunId } = mirror;
  const { taskId, ignoreFirstDependsOnPast, waitForDownstream, startDate } = structure.tasks[task]!;
  const downstream = waitForDownstream ? structure.downstream[task]! : [];
  return {
    dagRunId,
    taskId,
    ignoreFirst: ignoreFirstDependsOnPast ?? defaults.ignore_first_depends_on_past_by_default,
    catchup: structure.catchup ?? defaults.catchup_by_default,
    startDate: startDate === null ? null : new Date(startDate * 1000),
    downstream: downstream.map((below) => structure.tasks[below]!.taskId),
  };
}
