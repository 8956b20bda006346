import { TRIGGER_RULES, type TriggerRule } from "#sdk/trigger-rule.ts";
import type { PlainDag, PlainMap, PlainTask } from "../plain-dag.ts";
import type { Random } from "./random.ts";

/** A DAG of a simulation, and which tasks decide that tasks directly after them are skipped. */
export interface SimulatedDag extends PlainDag {
  readonly deciders: ReadonlyMap<string, readonly string[]>;
  readonly failFast: boolean;
  readonly retries: number;
}

type Draft = { -readonly [K in keyof PlainTask]: PlainTask[K] } & { after: string[] };

const NOT_ALWAYS = TRIGGER_RULES.filter((rule) => rule !== "always");

/** A DAG of two to seven tasks with some of: maps, a mapped group, a setup with its teardown, deciders, fail fast. */
export function randomDag(random: Random): SimulatedDag {
  const failFast = random.chance(0.08);
  const tasks = randomTasks(random);
  const groups = random.chance(0.35) ? addGroup(random, tasks) : {};
  for (const [place, task] of tasks.entries()) {
    if (task.group === undefined && random.chance(0.25)) addMap(random, task, tasks.slice(0, place));
  }
  if (random.chance(0.35)) addTeardown(random, tasks);
  for (const task of tasks) {
    if (!failFast && !task.isTeardown && random.chance(0.45)) task.rule = randomRule(random, task);
  }
  return { tasks, groups, failFast, deciders: randomDeciders(random, tasks), retries: random.below(3) };
}

function randomTasks(random: Random): Draft[] {
  return Array.from({ length: 2 + random.below(6) }, (_, place): Draft => {
    const above = Array.from({ length: place }, (_, other) => other);
    const chosen = above.filter((other) => random.chance(other === place - 1 ? 0.6 : 0.25));
    return { id: `t${place}`, after: chosen.map((other) => `t${other}`) };
  });
}

/** Makes some tasks in a row a mapped group. */
function addGroup(random: Random, tasks: Draft[]): Record<string, PlainMap> {
  const first = random.below(tasks.length);
  const inside = tasks.slice(first, first + 1 + random.below(3));
  for (const task of inside) task.group = "g";
  const over = randomMap(random, tasks.slice(0, first));
  // An edge to a group leads to its roots.
  const isInside = (id: string) => inside.some((task) => task.id === id);
  for (const task of inside) if (!task.after.some(isInside)) addUpstream(task, over);
  return { g: over };
}

function addMap(random: Random, task: Draft, above: readonly Draft[]): void {
  task.over = randomMap(random, above);
  addUpstream(task, task.over);
}

function randomMap(random: Random, above: readonly Draft[]): PlainMap {
  return above.length > 0 && random.chance(0.7) ? random.pick(above).id : random.below(4);
}

function addUpstream(task: Draft, over: PlainMap): void {
  if (typeof over === "string" && !task.after.includes(over)) task.after.push(over);
}

/** A setup and its teardown; what lies between them needs the setup, directly after it or not. */
function addTeardown(random: Random, tasks: Draft[]): void {
  const setup = random.below(tasks.length - 1);
  const teardown = setup + 1 + random.below(tasks.length - setup - 1);
  tasks[setup]!.isSetup = true;
  const task = tasks[teardown]!;
  task.isTeardown = true;
  task.rule = "all_done_setup_success";
  task.failsRun = random.chance(0.3);
  if (!task.after.includes(`t${setup}`)) task.after.push(`t${setup}`);
}

function randomRule(random: Random, { over, group }: Draft): TriggerRule {
  return random.pick(over === undefined && group === undefined ? TRIGGER_RULES : NOT_ALWAYS);
}

/** Tasks that decide about some of those after them; one in a mapped group about others of the group. */
function randomDeciders(random: Random, tasks: readonly Draft[]): Map<string, string[]> {
  const deciders = new Map<string, string[]>();
  for (const task of tasks) {
    if (task.over !== undefined || !random.chance(0.2)) continue;
    const below = tasks.filter((other) => other.after.includes(task.id) && !other.isTeardown);
    const concerned = task.group === undefined ? below : below.filter((other) => other.group === task.group);
    deciders.set(
      task.id,
      concerned.filter(() => random.chance(0.5)).map(({ id }) => id),
    );
  }
  return deciders;
}
