import type { ClaimedTry } from "#core/database/tries.ts";
import { ToldSecrets } from "#core/secrets/told-secrets.ts";
import type { OwnTry } from "./try-writes.ts";

/** Why a try is stopped before its handler ends. */
export type StopReason =
  | { readonly kind: "timeout"; readonly seconds: number }
  /** The row's state is not `running` any more: somebody cleared or marked it, or gave the try up. */
  | { readonly kind: "disowned"; readonly state: string | null }
  /** The worker shuts down. */
  | { readonly kind: "shutdown" }
  /** The database was out of reach so long that another worker may have started the task anew. */
  | { readonly kind: "out-of-touch" };

/** A try that this worker owns, as far as it knows. */
export class RunningTry {
  readonly claimed: ClaimedTry;
  /** When the database last confirmed that the try is this worker's; of `performance.now()`. */
  confirmedAt: number;
  /** Set once: the first reason counts. */
  stopReason: StopReason | undefined;
  /** True when the outcome is being written; it is too late to stop then. */
  isSettling = false;
  /** What nothing that it writes may show. */
  readonly secrets = new ToldSecrets();
  #onStop: ((reason: StopReason) => void) | undefined;

  readonly #trustMs: number;
  readonly #askedAt: number;

  /** @param trustMs how long a confirmation counts */
  constructor({ claimed, askedAt }: OwnTry, trustMs: number) {
    this.claimed = claimed;
    this.confirmedAt = askedAt;
    this.#askedAt = askedAt;
    this.#trustMs = trustMs;
  }

  /** The time as the database has it: its clock when the try was claimed, and what has passed since. */
  databaseTime(): Date {
    return new Date(this.claimed.claimedAt.getTime() + performance.now() - this.#askedAt);
  }

  /** Stops the try when it was confirmed so long ago that another worker may have it by now. */
  stopIfUnconfirmed(): void {
    if (performance.now() - this.confirmedAt > this.#trustMs) this.stop({ kind: "out-of-touch" });
  }

  /** Stops the try, unless it is stopped or settled already. */
  stop(reason: StopReason): void {
    if (this.stopReason || this.isSettling) return;
    this.stopReason = reason;
    this.#onStop?.(reason);
  }

  /** Names what stops the try's process, from now on; called at once when a reason is there already. */
  onStop(stop: (reason: StopReason) => void): void {
    this.#onStop = stop;
    if (this.stopReason) stop(this.stopReason);
  }
}

/** The tries that a worker runs, by id. */
export class RunningTries {
  readonly #trustMs: number;
  readonly #tries = new Map<string, RunningTry>();

  /** @param trustMs how long a try is taken for this worker's after the database confirmed it */
  constructor(trustMs: number) {
    this.#trustMs = trustMs;
  }

  add(own: OwnTry): RunningTry {
    const added = new RunningTry(own, this.#trustMs);
    this.#tries.set(own.claimed.id, added);
    return added;
  }

  get(id: string): RunningTry | undefined {
    return this.#tries.get(id);
  }

  remove(id: string): void {
    this.#tries.delete(id);
  }

  all(): RunningTry[] {
    return [...this.#tries.values()];
  }
}
