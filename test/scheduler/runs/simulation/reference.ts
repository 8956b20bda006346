import { isFinished } from "#sdk/states.ts";
import type { TriggerRule } from "#sdk/trigger-rule.ts";
import type { SimulatedRow, World } from "./world.ts";

/**
 * What may become of an instance, by the states that the instances above it have now: "run", or a state. Several
 * answers are right where the order of ends matters, as for a task after one that failed and one that was skipped. It
 * looks at all rows each time, and knows nothing of how the scheduler's mirror counts.
 */
export function possibleVerdicts(world: World, row: SimulatedRow): ReadonlySet<string> {
  const { triggerRule, isTeardown, expansion } = world.structure.tasks[row.task]!;
  const ofGroup = expansion === null ? undefined : byEmptyGroup(world, row, expansion);
  if (ofGroup !== undefined) return new Set(isPassedOver(world, row) ? [ofGroup, "skipped"] : [ofGroup]);
  const direct = instancesAbove(world, row, world.structure.upstream[row.task]!);
  const verdicts = new Set(direct.length === 0 ? ["run"] : byRule(world, triggerRule, direct, row.mapIndex));
  if (!isTeardown && triggerRule !== "always") {
    const setups = instancesAbove(world, row, indirectSetupsOf(world, row.task));
    if (setups.length > 0) {
      const needed = byRule(world, "all_success", setups, row.mapIndex);
      if (!needed.includes("run")) verdicts.delete("run");
      for (const verdict of needed) if (verdict !== "run") verdicts.add(verdict);
    }
  }
  if (verdicts.has("run") && expansion !== null) byMap(world, row, expansion, verdicts);
  if (isPassedOver(world, row)) {
    verdicts.add("skipped");
    if (!isImpatient(triggerRule)) verdicts.delete("run");
  }
  return verdicts;
}

/** Whether a rule may let a task run before everything above it has ended. */
const isImpatient = (rule: TriggerRule) => rule.startsWith("one_") || rule === "always";

function instancesAbove(world: World, row: SimulatedRow, tasks: readonly number[]): SimulatedRow[] {
  const groupOf = (task: number) => world.dag.tasks[task]!.group;
  return tasks.flatMap((task) => {
    const areSiblings = groupOf(row.task) !== undefined && groupOf(row.task) === groupOf(task);
    if (!areSiblings) return world.rows[task]!.filter((above) => row.mapIndex >= 0 || !isLeftOver(above));
    const same = world.find(task, row.mapIndex) ?? world.find(task, -1);
    if (same !== undefined) return [same];
    return row.mapIndex < 0 ? world.rows[task]!.filter((above) => !isLeftOver(above)) : [];
  });
}

const isLeftOver = ({ mapIndex, state }: SimulatedRow) => mapIndex >= 0 && state === "removed";

/** Airflow's table of trigger rules, rule by rule, on a list of instances. */
function byRule(world: World, rule: TriggerRule, above: readonly SimulatedRow[], mapIndex: number): string[] {
  const states = above.map(({ state }) => state);
  const has = (...wanted: readonly string[]) => states.some((state) => state !== null && wanted.includes(state));
  const number = (wanted: string) => states.filter((state) => state === wanted).length;
  const done = states.every((state) => state !== null && isFinished(state));
  // A mapped instance does not mind what was removed.
  const every = (...wanted: readonly string[]) =>
    states.every((state) => state !== null && (wanted.includes(state) || (mapIndex >= 0 && state === "removed")));
  const verdicts: string[] = [];
  const say = (verdict: string, when: boolean) => {
    if (when) verdicts.push(verdict);
  };
  const bad = has("failed", "upstream_failed");
  switch (rule) {
    case "all_success": {
      const isSurplus = done && has("removed") && has("success") && mapIndex >= number("success");
      say("upstream_failed", bad);
      say("skipped", has("skipped"));
      say("removed", isSurplus && !bad && !has("skipped"));
      say("run", every("success") && !isSurplus);
      break;
    }
    case "all_failed":
      say("skipped", has("success", "skipped"));
      say("run", every("failed", "upstream_failed"));
      break;
    case "all_done":
      say("run", done);
      break;
    case "all_done_min_one_success":
      say("skipped", has("skipped"));
      say("upstream_failed", done && !has("success", "skipped"));
      say("run", done && has("success") && !has("skipped"));
      break;
    case "all_done_setup_success":
      byTeardownRule(world, above, done, say);
      break;
    case "one_success":
      say("run", has("success"));
      say(
        "skipped",
        states.every((state) => state === "skipped"),
      );
      say("upstream_failed", done && !has("success") && has("failed", "upstream_failed", "removed"));
      break;
    case "one_failed":
      say("run", bad);
      say("skipped", done && !bad);
      break;
    case "one_done":
      say("run", has("success", "failed"));
      say("skipped", done && !has("success", "failed"));
      break;
    case "none_failed":
      say("upstream_failed", bad);
      say("run", every("success", "skipped"));
      break;
    case "none_failed_min_one_success": {
      const allSkipped = states.every((state) => state === "skipped");
      say("upstream_failed", bad);
      say("skipped", allSkipped);
      say("run", every("success", "skipped") && !allSkipped);
      break;
    }
    case "none_skipped":
      say("skipped", has("skipped"));
      say("run", done && !has("skipped"));
      break;
    case "all_skipped":
      say("skipped", has("success", "failed", "upstream_failed"));
      say(
        "run",
        states.every((state) => state === "skipped"),
      );
      break;
    case "always":
      say("run", true);
  }
  return verdicts;
}

function byTeardownRule(
  world: World,
  above: readonly SimulatedRow[],
  done: boolean,
  say: (verdict: string, when: boolean) => void,
): void {
  const setups = above.filter(({ task }) => world.structure.tasks[task]!.isSetup).map(({ state }) => state);
  const works = setups.length === 0 || setups.includes("success");
  const allSkipped = setups.every((state) => state === "skipped");
  say("run", done && works);
  say("skipped", done && !works && allSkipped);
  say("upstream_failed", done && !works && !allSkipped);
}

/** Setups above a task, not directly, that have no teardown or one below the task. */
function indirectSetupsOf(world: World, task: number): number[] {
  const { tasks, downstream, upstream } = world.structure;
  return tasks.flatMap(({ isSetup }, setup) => {
    if (!isSetup || upstream[task]!.includes(setup) || !world.below(setup).includes(task)) return [];
    const teardowns = downstream[setup]!.filter((below) => tasks[below]!.isTeardown);
    const below = world.below(task);
    return teardowns.length === 0 || teardowns.some((teardown) => below.includes(teardown)) ? [setup] : [];
  });
}

/** The tasks of a mapped group share what becomes of it when there is nothing to map over. */
function byEmptyGroup(world: World, { mapIndex }: SimulatedRow, expansion: number): string | undefined {
  const { isGroup, givers } = world.structure.expansions[expansion]!;
  if (!isGroup || mapIndex >= 0) return undefined;
  const unexpanded = givers.flatMap((giver) => world.find(giver, -1) ?? []);
  if (!isDone(world, givers) || unexpanded.some(({ state }) => state !== "success")) return undefined;
  const length = world.lengthOf(expansion);
  if (length === null) return "upstream_failed";
  return length === 0 ? "skipped" : undefined;
}

const isDone = (world: World, tasks: readonly number[]) =>
  tasks.every((task) => world.rows[task]!.every(({ state }) => state !== null && isFinished(state)));

/** A mapped instance also needs the tasks that say how many instances there are. */
function byMap(world: World, row: SimulatedRow, expansion: number, verdicts: Set<string>): void {
  const { givers } = world.structure.expansions[expansion]!;
  const unexpanded = givers.flatMap((giver) => world.find(giver, -1)?.state ?? []);
  if (unexpanded.includes("failed") || unexpanded.includes("upstream_failed")) verdicts.add("upstream_failed");
  if (unexpanded.includes("skipped")) verdicts.add("skipped");
  if (unexpanded.some((state) => isFinished(state) && state !== "success")) verdicts.delete("run");
  if (row.mapIndex >= 0 || !isDone(world, givers)) return;
  const length = world.lengthOf(expansion);
  verdicts.delete("run");
  if (length === null) verdicts.add("upstream_failed");
  if (length === 0) verdicts.add("skipped");
}

export function isPassedOver(world: World, { task, mapIndex }: SimulatedRow): boolean {
  return world.all.some(
    (decider) =>
      decider.state === "success" &&
      decider.skipped.includes(task) &&
      (decider.mapIndex < 0 || decider.mapIndex === mapIndex),
  );
}

/** What is wrong with how a run ended, by the states of its rows alone; undefined: nothing. */
export function wrongEnd(world: World): string | undefined {
  const { all, dag } = world;
  const failedFast =
    dag.failFast && all.some(({ task, state }) => state === "failed" && !world.structure.tasks[task]!.isTeardown);
  const open = all.filter(({ state }) => state === null || !isFinished(state));
  if (open.length > 0) return wrongDeadlock(world, open);
  for (const row of all) {
    const wrong = wrongRow(world, row);
    if (wrong !== undefined) return `${world.nameOf(row)} ${wrong}`;
  }
  const expected = failedFast || leavesOf(world).some(({ state }) => state === "failed" || state === "upstream_failed");
  const state = expected ? "failed" : "success";
  return world.runState === state ? undefined : `the run ended as ${world.runState}, not ${state}`;
}

function wrongDeadlock(world: World, open: readonly SimulatedRow[]): string | undefined {
  for (const row of open) {
    if (row.state !== null) return `${world.nameOf(row)} was ${row.state} in a deadlock`;
    const possible = [...possibleVerdicts(world, row)];
    if (possible.length > 0) return `${world.nameOf(row)} could still become ${possible.join(" or ")} in a deadlock`;
  }
  return world.runState === "failed" ? undefined : `the run ended as ${world.runState} in a deadlock`;
}

function wrongRow(world: World, row: SimulatedRow): string | undefined {
  const { state } = row;
  if (row.isMarked || row.isStopped || (state === "removed" && row.isSurplus)) return undefined;
  const possible = possibleVerdicts(world, row);
  const wasDecided = state !== null && possible.has(state);
  if (row.hasRun && !(wasDecided && isPassedOver(world, row))) {
    const outcome = world.finalOutcomeOf(row);
    if (state !== outcome) return `ran and is ${state}, not ${outcome}`;
    return possible.has("run") ? undefined : `ran, but could only become ${[...possible].join(" or ")}`;
  }
  return wasDecided ? undefined : `is ${state}, not ${[...possible].join(" or ")}`;
}

/** The rows that decide how a run ends, by Airflow's words: no ignorable task after them, and not ignorable themselves. */
function leavesOf(world: World): SimulatedRow[] {
  const { tasks, downstream } = world.structure;
  const counts = (task: number) => !tasks[task]!.isTeardown || tasks[task]!.onFailureFailDagrun;
  let leaves = tasks.flatMap((_, task) => (counts(task) && !downstream[task]!.some(counts) ? [task] : []));
  if (leaves.length === 0) leaves = tasks.flatMap((_, task) => (downstream[task]!.length === 0 ? [task] : []));
  return leaves.flatMap((task) => world.rows[task]!);
}
