import type { JsonValue } from "../json.ts";
import { isFlag, type OptionRule, type OptionRules } from "../operators/options.ts";

/** How a sensor waits. The rules and defaults are those of Airflow's BaseSensorOperator; durations are seconds. */
export interface SensorOptions {
  /** Wait between two pokes. @default 60 */
  pokeInterval?: number;
  /** For how long it pokes, from the first poke of the first try on; then the task fails without a retry. @default 604800 */
  timeout?: number;
  /**
   * `poke` keeps the worker's slot while it waits; `reschedule` gives it back, and starts a process for each poke.
   * @default "poke"
   */
  mode?: "poke" | "reschedule";
  /** Whether the task waits for a trigger, without a slot, whatever the mode. @default false */
  deferrable?: boolean;
  /** Whether the task is skipped, instead of failing, when its time is over. @default false */
  softFail?: boolean;
  /** Whether an error in a poke is logged and counts as "not yet". @default false */
  silentFail?: boolean;
  /** Whether the wait between pokes grows, about twice with each. @default false */
  exponentialBackoff?: boolean;
  /** The longest wait between pokes. @default no limit */
  maxWait?: number;
}

/** The same with the defaults filled in. */
export type ReadSensorOptions = Readonly<Required<Omit<SensorOptions, "maxWait">> & { maxWait: number | null }>;

const SEVEN_DAYS = 7 * 24 * 3600;

const isDuration: OptionRule = [
  (value) => Number.isFinite(value) && (value as number) >= 0,
  "must be a non-negative number",
];

export const SENSOR_RULES: OptionRules<SensorOptions> = {
  pokeInterval: isDuration,
  timeout: isDuration,
  mode: [(value) => value === "poke" || value === "reschedule", 'must be "poke" or "reschedule"'],
  deferrable: isFlag,
  softFail: isFlag,
  silentFail: isFlag,
  exponentialBackoff: isFlag,
  maxWait: isDuration,
};

/** Fills in Airflow's defaults; options that are none of a sensor's are left out. */
export function sensorOptions(given: SensorOptions): ReadSensorOptions {
  return Object.freeze({
    pokeInterval: given.pokeInterval ?? 60,
    timeout: given.timeout ?? SEVEN_DAYS,
    mode: given.mode ?? "poke",
    deferrable: given.deferrable ?? false,
    softFail: given.softFail ?? false,
    silentFail: given.silentFail ?? false,
    exponentialBackoff: given.exponentialBackoff ?? false,
    maxWait: given.maxWait ?? null,
  });
}

/** What the serialized task says of a sensor, under Airflow's names; what is as by default is left out. */
export function serializedSensor(options: ReadSensorOptions): { readonly [name: string]: JsonValue } {
  const { mode, pokeInterval, timeout, maxWait } = options;
  return {
    _is_sensor: true,
    mode,
    ...(pokeInterval !== 60 && { poke_interval: pokeInterval }),
    ...(timeout !== SEVEN_DAYS && { timeout }),
    ...(options.deferrable && { deferrable: true }),
    ...(options.softFail && { soft_fail: true }),
    ...(options.silentFail && { silent_fail: true }),
    ...(options.exponentialBackoff && { exponential_backoff: true }),
    ...(maxWait !== null && { max_wait: maxWait }),
  };
}
