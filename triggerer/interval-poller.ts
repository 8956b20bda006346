import type { TriggerEnd } from "#core/database/defer-tasks.ts";
import type { WaitingTrigger } from "#core/database/triggers.ts";
import { pauseFor } from "#core/duty.ts";
import { Wake } from "#core/wake.ts";
import type { JsonValue } from "#sdk/json.ts";
import { DueHeap } from "./due-heap.ts";
import type { Fire, Poller } from "./poller.ts";

/** Looks at one trigger: its event, or undefined for "not yet"; throws when it can never come. */
export type Look = (trigger: WaitingTrigger, signal: AbortSignal) => Promise<JsonValue | undefined>;

/** What is due within this time goes into one sweep. */
const GATHER_MS = 50;
/** An interval of 0 would be a busy loop. */
const LEAST_INTERVAL_SECONDS = 0.1;
const DEFAULT_INTERVAL_SECONDS = 60;

/** Polls triggers each at its own interval, those that are due together in one sweep. */
export class IntervalPoller implements Poller {
  readonly name: string;
  readonly #startSweep: () => Look;
  readonly #atOnce: number;
  readonly #fire: Fire;
  readonly #held = new Map<string, WaitingTrigger>();
  readonly #due = new DueHeap<WaitingTrigger>();
  readonly #wake = new Wake();

  /**
   * @param startSweep makes the look of one sweep, which may remember what it has seen
   * @param atOnce looks at the same time
   */
  constructor(name: string, startSweep: () => Look, atOnce: number, fire: Fire) {
    this.name = name;
    this.#startSweep = startSweep;
    this.#atOnce = atOnce;
    this.#fire = fire;
  }

  add(trigger: WaitingTrigger): void {
    this.#held.set(trigger.id, trigger);
    this.#due.add(trigger, performance.now());
    this.#wake.set();
  }

  remove(id: string): void {
    this.#held.delete(id);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#wake.wait(Math.max(0, this.#due.next - performance.now()), signal);
      await pauseFor(GATHER_MS, signal);
      const due = this.#due.take(performance.now()).filter((trigger) => this.#held.get(trigger.id) === trigger);
      if (due.length > 0 && !signal.aborted) await this.#sweep(due, signal);
    }
  }

  async #sweep(due: readonly WaitingTrigger[], signal: AbortSignal): Promise<void> {
    const look = this.#startSweep();
    const ends: TriggerEnd[] = [];
    const queue = [...due];
    const lookOn = async () => {
      for (let trigger = queue.pop(); trigger !== undefined; trigger = queue.pop()) {
        const end = await endOf(trigger, look, signal);
        if (end === undefined) this.#lookAgain(trigger);
        else ends.push(end);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#atOnce, due.length) }, lookOn));
    for (const { id } of ends) this.#held.delete(id);
    await this.#fire(ends);
  }

  #lookAgain(trigger: WaitingTrigger): void {
    const given = Number(trigger.kwargs.pollInterval ?? DEFAULT_INTERVAL_SECONDS);
    const seconds = Number.isFinite(given) ? Math.max(given, LEAST_INTERVAL_SECONDS) : DEFAULT_INTERVAL_SECONDS;
    this.#due.add(trigger, performance.now() + seconds * 1_000);
  }
}

async function endOf(trigger: WaitingTrigger, look: Look, signal: AbortSignal): Promise<TriggerEnd | undefined> {
  try {
    const event = await look(trigger, signal);
    return event === undefined ? undefined : { id: trigger.id, event };
  } catch (error) {
    return { id: trigger.id, failure: (error as Error).message };
  }
}
