import { CronExpressionParser } from "cron-parser";
import { fromNaive, type NaiveTime, toNaive } from "#sdk/zoned-time.ts";
import { parseCroniter } from "./croniter-syntax.ts";

/**
 * The ticks of a cron expression in croniter's syntax, by Airflow's rule for daylight saving time
 * (`airflow/timetables/_cron.py`): the expression is matched against the wall clock. When its hour field takes every
 * hour, the wall-clock step to the next tick is added to the instant, so that a repeated hour ticks twice and a
 * skipped one not at all. Otherwise the tick's wall-clock time is placed in the zone, with the second of two
 * instants, and the hour after a gap.
 */
export class Cron {
  readonly expression: string;
  readonly timezone: string;
  readonly #alternatives: readonly string[];
  readonly #everyHour: boolean;

  /** Throws Airflow's text for an expression that is not acceptable. */
  constructor(expression: string, timezone = "UTC") {
    this.expression = expression;
    this.timezone = timezone;
    const { alternatives, everyHour } = parseCroniter(expression);
    this.#alternatives = alternatives;
    this.#everyHour = everyHour;
    try {
      this.#parsersAt(0);
    } catch {
      throw new Error(`[${expression}] is not acceptable, out of range`);
    }
  }

  /** The first tick after an instant. */
  next(instant: Date): Date {
    const naive = toNaive(instant, this.timezone);
    const tick = this.#naiveNext(naive);
    return this.#everyHour ? new Date(instant.getTime() + tick - naive) : fromNaive(tick, this.timezone);
  }

  /** The last tick before an instant. */
  previous(instant: Date): Date {
    const naive = toNaive(instant, this.timezone);
    let tick = this.#naivePrevious(naive);
    if (this.#everyHour) return new Date(instant.getTime() - (naive - tick));
    // A tick that falls into a gap moves one hour later, and so may come to lie after the instant.
    for (;;) {
      const placed = fromNaive(tick, this.timezone);
      if (placed < instant) return placed;
      tick = this.#naivePrevious(tick);
    }
  }

  /** The instant when it is a tick, else the first one after it. */
  alignToNext(instant: Date): Date {
    const next = this.next(instant);
    return this.previous(next).getTime() === instant.getTime() ? instant : next;
  }

  /** The instant when it is a tick, else the last one before it. */
  alignToPrevious(instant: Date): Date {
    const previous = this.previous(instant);
    return this.next(previous).getTime() === instant.getTime() ? instant : previous;
  }

  #naiveNext(after: NaiveTime): NaiveTime {
    return Math.min(...this.#parsersAt(after).map((parser) => parser.next().getTime()));
  }

  #naivePrevious(before: NaiveTime): NaiveTime {
    return Math.max(...this.#parsersAt(before).map((parser) => parser.prev().getTime()));
  }

  #parsersAt(naive: NaiveTime) {
    const options = { tz: "UTC", currentDate: new Date(naive) };
    return this.#alternatives.map((expression) => CronExpressionParser.parse(expression, options));
  }
}
