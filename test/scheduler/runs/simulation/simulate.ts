// `node --import tsx test/scheduler/runs/simulation/simulate.ts [count [first seed]]` simulates runs, and tells which
// seeds break a rule and how.
import { pathToFileURL } from "node:url";
import { Random } from "./random.ts";
import { randomDag } from "./random-dag.ts";
import { wrongEnd } from "./reference.ts";
import { SimulatedScheduler, type Told } from "./simulated-scheduler.ts";
import { World } from "./world.ts";

const MOST_STEPS = 3_000;

/**
 * Simulates one run of a random DAG with the scheduler's real mirror, trigger rules and table of moves: workers, users who
 * clear and mark, notifications that are lost, a scheduler that crashes between its steps or does something twice.
 * Throws when a rule is broken: a move that is not allowed, a task that runs before its time or twice, one that is left
 * waiting although it could be decided, a state that the reference does not know, a run that does not end.
 */
export function simulate(seed: number): void {
  const random = new Random(seed);
  const dag = randomDag(random);
  const world = new World(dag, seed);
  const crashes = random.chance(0.5) ? 0.1 : 0;
  const losses = random.chance(0.3) ? 0.2 : 0;
  const scheduler = new SimulatedScheduler(world, random, losses === 0);
  let interventions = random.chance(0.4) ? 1 + random.below(2) : 0;
  let told: Told[] = ["reload"];
  let idle = 0;
  while (world.runState === "running" || interventions > 0) {
    if (++world.now > MOST_STEPS) throw new Error("the run does not end");
    const hasEnded = world.runState !== "running";
    if (interventions > 0 && (hasEnded || random.chance(0.03))) {
      interventions -= 1;
      intervene(world, random);
      told = ["reload"];
    } else if (random.chance(0.45)) {
      scheduler.round(told, crashes);
      told = [];
      if (world.runState !== "running") checkEnd(world);
    } else if (work(world, random, told, losses)) idle = 0;
    else if (++idle > 8) {
      idle = 0;
      scheduler.sweep();
    }
  }
}

function checkEnd(world: World): void {
  const wrong = wrongEnd(world);
  if (wrong !== undefined) throw new Error(wrong);
}

function intervene(world: World, random: Random): void {
  if (random.chance(0.6)) world.clear(random.below(world.rows.length));
  else world.mark(random.pick(world.all), random.chance(0.5) ? "success" : "failed");
}

/** Has a worker, or the clock, do something; returns whether there was anything to do. */
function work(world: World, random: Random, told: Told[], losses: number): boolean {
  const busy = world.all.filter(({ state }) => BUSY.has(state));
  if (busy.length === 0) return false;
  const row = random.pick(busy);
  const before = world.all.map(({ state }) => state);
  if (row.state === "up_for_retry") world.move(row, "scheduled");
  else if (row.state === "scheduled") world.move(row, "queued");
  else if (world.work(row) && !random.chance(losses)) {
    world.all.forEach((changed, place) => {
      if (changed.state === before[place]) return;
      told.push([world.structure.tasks[changed.task]!.taskId, changed.mapIndex, changed.state]);
    });
  }
  return true;
}

const BUSY: ReadonlySet<string | null> = new Set(["queued", "running", "restarting", "up_for_retry", "scheduled"]);

/** What went wrong with a seed, or undefined. */
export function failureOf(seed: number): string | undefined {
  try {
    simulate(seed);
    return undefined;
  } catch (error) {
    return `seed ${seed}: ${(error as Error).message}`;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const [count = 100_000, first = 0] = process.argv.slice(2).map(Number);
  const startedAt = performance.now();
  const failures: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const failure = failureOf(seed);
    if (failure !== undefined) failures.push(failure);
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log([...failures.slice(0, 20), `${failures.length} of ${count} failed in ${seconds} s`].join("\n"));
  process.exitCode = failures.length === 0 ? 0 : 1;
}
