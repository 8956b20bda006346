import type { Database } from "#core/database/connect.ts";
import type { TriggerEnd } from "#core/database/defer-tasks.ts";
import { findExternalStates } from "#core/database/external-states.ts";
import type { WaitingTrigger } from "#core/database/triggers.ts";
import { pauseFor } from "#core/duty.ts";
import { Wake } from "#core/wake.ts";
import { judgeExternal, targetOf } from "#sdk/triggers/external-trigger.ts";
import type { Fire, Poller } from "./poller.ts";

/** Changes are gathered for this long, and for longer while looking takes long. */
const GATHER_MS = 20;
const BUSY_SHARE = 10;
/** How often everything is looked at, because a notification may have been lost. */
const LOOK_AT_ALL_MS = 30_000;
const BATCH = 1_000;

/**
 * Looks after triggers that wait for runs of DAGs and tasks in them. It does not poll: the database tells which DAG
 * something changed in, and then all triggers that wait for that DAG are looked at by one statement.
 */
export class StatePoller implements Poller {
  readonly name = "Watching runs and tasks";
  readonly #db: Database;
  readonly #fire: Fire;
  readonly #held = new Map<string, WaitingTrigger>();
  readonly #byDag = new Map<string, Set<WaitingTrigger>>();
  #toLookAt = new Set<WaitingTrigger>();
  readonly #wake = new Wake();

  constructor(db: Database, fire: Fire) {
    this.#db = db;
    this.#fire = fire;
  }

  add(trigger: WaitingTrigger): void {
    const dagId = String(trigger.kwargs.dagId);
    this.#held.set(trigger.id, trigger);
    const ofDag = this.#byDag.get(dagId) ?? new Set();
    this.#byDag.set(dagId, ofDag.add(trigger));
    this.#look([trigger]);
  }

  remove(id: string): void {
    const trigger = this.#held.get(id);
    if (trigger === undefined) return;
    this.#held.delete(id);
    this.#toLookAt.delete(trigger);
    const dagId = String(trigger.kwargs.dagId);
    const ofDag = this.#byDag.get(dagId);
    ofDag?.delete(trigger);
    if (ofDag?.size === 0) this.#byDag.delete(dagId);
  }

  /** Something changed in a DAG's runs. */
  changed(dagId: string): void {
    const waiting = this.#byDag.get(dagId);
    if (waiting) this.#look(waiting);
  }

  /** Anything may have changed. */
  changedAll(): void {
    this.#look(this.#held.values());
  }

  async run(signal: AbortSignal): Promise<void> {
    const sweep = setInterval(() => this.changedAll(), LOOK_AT_ALL_MS);
    try {
      while (!signal.aborted) {
        if (this.#toLookAt.size === 0) await this.#wake.wait(LOOK_AT_ALL_MS, signal);
        const start = performance.now();
        await this.#lookOnce();
        await pauseFor(Math.max(GATHER_MS, (performance.now() - start) * BUSY_SHARE), signal);
      }
    } finally {
      clearInterval(sweep);
    }
  }

  #look(triggers: Iterable<WaitingTrigger>): void {
    for (const trigger of triggers) this.#toLookAt.add(trigger);
    this.#wake.set();
  }

  async #lookOnce(): Promise<void> {
    const all = [...this.#toLookAt];
    this.#toLookAt = new Set();
    for (let start = 0; start < all.length; start += BATCH) {
      const batch = all.slice(start, start + BATCH);
      try {
        await this.#lookAt(batch);
      } catch (error) {
        this.#look(all.slice(start));
        throw error;
      }
    }
  }

  async #lookAt(batch: readonly WaitingTrigger[]): Promise<void> {
    const found = await findExternalStates(this.#db, batch.map(targetOf));
    const ends = batch.flatMap((trigger, index): TriggerEnd[] => {
      const event = judgeExternal(trigger, found[index]!);
      return event === undefined ? [] : [{ id: trigger.id, event }];
    });
    await this.#fire(ends);
    for (const { id } of ends) this.remove(id);
  }
}
