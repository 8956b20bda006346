import { createHash } from "node:crypto";
import { isoDate } from "../iso-date.ts";
import type { ReadSensorOptions } from "./sensor-options.ts";

/** Where a sensor stands between two pokes. */
export interface PokeProgress {
  readonly dagId: string;
  readonly taskId: string;
  readonly startedAt: Date;
  /** Seconds since then. */
  readonly elapsed: number;
  /** How often it has poked; null when it starts anew for each poke, so that nobody has counted. */
  readonly pokes: number | null;
}

/**
 * Seconds until the next poke (Airflow's `BaseSensorOperator._get_next_poke_interval`). With backoff, the wait doubles
 * with each poke, and a jitter of up to as much again, always the same for the same poke, keeps sensors apart that
 * began together. It ends with the sensor's time, and with `maxWait`.
 */
export function nextPokeInterval(options: ReadSensorOptions, progress: PokeProgress): number {
  if (!options.exponentialBackoff) return options.pokeInterval;
  const poke = progress.pokes ?? countPokes(options, progress);
  const left = options.timeout - Math.trunc(progress.elapsed);
  return Math.max(0, Math.min(left, backoff(options, progress, poke), options.maxWait ?? Number.POSITIVE_INFINITY));
}

/** Which poke it must have been, by the waits that lie behind. */
function countPokes(options: ReadSensorOptions, progress: PokeProgress): number {
  let poke = 0;
  for (let waited = 0; waited <= progress.elapsed; ) {
    poke += 1;
    waited += Math.min(backoff(options, progress, poke), options.maxWait ?? Number.POSITIVE_INFINITY);
  }
  return poke;
}

function backoff({ pokeInterval }: ReadSensorOptions, progress: PokeProgress, poke: number): number {
  const least = Math.max(Math.trunc(Math.min(pokeInterval * 2 ** (poke - 2), Number.MAX_SAFE_INTEGER)), 1);
  const { dagId, taskId, startedAt } = progress;
  // The date as Python's `str` writes it, because the hash is of that text.
  const seed = `${dagId}#${taskId}#${isoDate(startedAt).replace("T", " ")}#${poke}`;
  const hash = BigInt(`0x${createHash("sha1").update(seed).digest("hex")}`);
  return least + Number(hash % BigInt(least));
}
