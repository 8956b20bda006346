/** What a poke may say besides yes or no: a value for the task's `return_value` (Airflow's PokeReturnValue). */
export interface PokeReturnValue<R = unknown> {
  readonly isDone: boolean;
  readonly xcomValue: R | undefined;
  readonly [POKE_RETURN]: true;
}

export type PokeResult<R = unknown> = boolean | PokeReturnValue<R>;

/** Recognises it across copies of this package. */
const POKE_RETURN = Symbol.for("airflow.ts-sdk.PokeReturnValue");

/** Says whether a sensor's wait is over, and with which result. */
export function pokeReturn<R>(isDone: boolean, xcomValue?: R): PokeReturnValue<R> {
  return Object.freeze({ isDone, xcomValue, [POKE_RETURN]: true as const }) as PokeReturnValue<R>;
}

export function isPokeReturn<R>(result: PokeResult<R>): result is PokeReturnValue<R> {
  return typeof result === "object" && result !== null && POKE_RETURN in result;
}
