import type { Database } from "#core/database/connect.ts";
import { type NewJob, recordHeartbeat, recordJobEnd } from "#core/database/jobs.ts";
import { adoptTriggers, listHeldTriggers, releaseTriggers } from "#core/database/triggers.ts";
import type { Duty } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { Wake } from "#core/wake.ts";
import type { PolledKind } from "#sdk/triggers/trigger.ts";
import type { Poller } from "./poller.ts";

const BEAT_MS = 1_000;
/** Another triggerer that has been silent for so long is dead. */
const SILENT_SECONDS = 3;
const COMPARE_EVERY_BEATS = 30;
const BATCH = 5_000;

export interface TriggerKeeperOptions {
  readonly db: Database;
  readonly log: Log;
  readonly job: NewJob;
  /** Triggers to hold at most. */
  readonly capacity: number;
  readonly pollers: Readonly<Record<PolledKind, Poller>>;
}

/**
 * Which triggers this triggerer looks after. Several share the work: a trigger is looked after by the one whose job
 * its row names. Every second this duty says that its triggerer is alive, and adopts the triggers that nobody looks
 * after, up to its capacity: new ones, and those of a triggerer that has ended or has been silent for three seconds.
 *
 * A triggerer that was silent and comes back may look after a trigger that another one has adopted. That does no
 * harm, because a trigger fires once, whoever sees it (`resume_deferred`); when it compares what it holds with the
 * tables, it lets go of it.
 */
export class TriggerKeeper implements Duty {
  readonly name = "Keeping triggers";
  readonly #options: TriggerKeeperOptions;
  readonly #held = new Map<string, Poller>();
  readonly #wake = new Wake();

  constructor(options: TriggerKeeperOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  /** There are triggers that nobody looks after. */
  wake(): void {
    this.#wake.set();
  }

  /** Forgets a trigger that has fired, or that nobody waits for any more. */
  forget(id: string): void {
    this.#held.get(id)?.remove(id);
    this.#held.delete(id);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { db, job } = this.#options;
    let lastBeat = Number.NEGATIVE_INFINITY;
    for (let beats = 0; !signal.aborted; ) {
      if (performance.now() - lastBeat >= BEAT_MS) {
        await recordHeartbeat(db, job);
        lastBeat = performance.now();
        beats += 1;
        if (beats % COMPARE_EVERY_BEATS === 0) await this.#compare();
      }
      await this.#adopt();
      await this.#wake.wait(Math.max(0, lastBeat + BEAT_MS - performance.now()), signal);
    }
    await releaseTriggers(db, job.id);
    await recordJobEnd(db, job.id, "success");
  }

  async #adopt(): Promise<void> {
    const { db, job, capacity, pollers, log } = this.#options;
    for (let room = capacity - this.#held.size; room > 0; room = capacity - this.#held.size) {
      const limit = Math.min(room, BATCH);
      const adopted = await adoptTriggers(db, { jobId: job.id, limit, silentSeconds: SILENT_SECONDS });
      for (const trigger of adopted) {
        const poller = pollers[trigger.kind];
        this.#held.set(trigger.id, poller);
        poller.add(trigger);
      }
      if (adopted.length > 0) log.debug(`Adopted ${adopted.length} triggers; looking after ${this.#held.size}`);
      if (adopted.length < limit) return;
    }
  }

  /** Lets go of what nobody waits for any more, and of what the tables say it holds although it does not. */
  async #compare(): Promise<void> {
    const { db, job } = this.#options;
    const listed = new Set(await listHeldTriggers(db, job.id));
    for (const id of this.#held.keys()) if (!listed.has(id)) this.forget(id);
    if (this.#held.size < listed.size) await releaseTriggers(db, job.id, [...this.#held.keys()]);
  }
}
