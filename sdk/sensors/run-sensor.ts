import { setTimeout as sleep } from "node:timers/promises";
import { defer } from "../defer.ts";
import {
  AirflowFailException,
  AirflowRescheduleException,
  AirflowSensorTimeout,
  AirflowSkipException,
} from "../errors.ts";
import { currentTime, getContext, getWaitingSince } from "../task-scope.ts";
import { type SerializedTrigger, timeTrigger } from "../triggers/trigger.ts";
import { nextPokeInterval } from "./poke-interval.ts";
import { isPokeReturn, type PokeResult } from "./poke-return.ts";
import type { ReadSensorOptions } from "./sensor-options.ts";

/** The method in which a sensor goes on that waits by time triggers between its pokes. */
export const POKE_METHOD = "poke";
/** Node's timers hold 31 bits. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

/**
 * Pokes until the answer is yes, and returns what came with it (Airflow's `BaseSensorOperator.execute`). Between
 * pokes it sleeps, or ends this execution by rescheduling or deferring. The time that it has had is looked at after
 * each poke, so the first one always happens; in `poke` mode it counts from this execution, otherwise from the first.
 * @param waitFor what a deferrable sensor waits for instead of the next poke
 */
export async function runSensor<R>(
  options: ReadSensorOptions,
  poke: () => PokeResult<R> | Promise<PokeResult<R>>,
  waitFor?: () => SerializedTrigger | Promise<SerializedTrigger>,
): Promise<R | undefined> {
  const { dagId, taskId, signal } = getContext();
  const pokesOnce = options.deferrable || options.mode === "reschedule";
  const startedAt = startOf(options);
  for (let pokes = 1; ; pokes++) {
    const result = await pokeOnce(options, poke);
    if (result !== false && (!isPokeReturn(result) || result.isDone)) {
      console.log("Success criteria met. Exiting.");
      return isPokeReturn(result) ? result.xcomValue : undefined;
    }
    const elapsed = secondsSince(startedAt);
    if (elapsed > options.timeout) throw timedOut(options, elapsed);
    if (options.deferrable && waitFor) defer({ trigger: await waitFor(), timeout: options.timeout - elapsed });
    const progress = { dagId, taskId, startedAt, elapsed, pokes: pokesOnce ? null : pokes };
    const interval = nextPokeInterval(options, progress);
    if (options.exponentialBackoff) console.log(`new ${options.mode} interval is ${interval}`);
    if (options.deferrable) defer({ trigger: timeTrigger(later(currentTime(), interval)), method: POKE_METHOD });
    // Who catches it looks at this machine's clock.
    if (options.mode === "reschedule") throw new AirflowRescheduleException(later(new Date(), interval));
    await sleep(Math.min(interval * 1_000, LONGEST_SLEEP_MS), undefined, { signal });
  }
}

/** When a sensor's time began. */
export function startOf({ deferrable, mode }: ReadSensorOptions): Date {
  const keepsProcess = !deferrable && mode === "poke";
  return (keepsProcess ? null : getWaitingSince()) ?? currentTime();
}

export function secondsSince(date: Date): number {
  return (currentTime().getTime() - date.getTime()) / 1_000;
}

function later(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1_000);
}

/** What a sensor throws whose time is over. */
export function timedOut({ timeout, softFail }: ReadSensorOptions, elapsed: number): Error {
  const message = `Sensor has timed out; run duration of ${elapsed} seconds exceeds the specified timeout of ${timeout}.`;
  return new (softFail ? AirflowSkipException : AirflowSensorTimeout)(message);
}

async function pokeOnce<R>(
  { softFail, silentFail }: ReadSensorOptions,
  poke: () => PokeResult<R> | Promise<PokeResult<R>>,
): Promise<PokeResult<R>> {
  try {
    return await poke();
  } catch (error) {
    if (error instanceof AirflowSkipException) throw error;
    if (error instanceof AirflowSensorTimeout || error instanceof AirflowFailException) {
      if (softFail) throw new AirflowSkipException("Skipping due to soft_fail is set to True.", { cause: error });
      throw error;
    }
    if (!silentFail) throw error;
    console.error(`Sensor poke failed: \n ${error instanceof Error ? error.stack : String(error)}`);
    return false;
  }
}
