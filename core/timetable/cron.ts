import { CronExpressionParser } from "cron-parser";
import { fromNaive, toNaive } from "./zoned-time.ts";

/**
 * A cron expression in croniter's syntax: five fields, or six with the seconds last; `L5` is the last Friday.
 * Ticks follow Airflow's rule for daylight saving time (`airflow/timetables/_cron.py`): the expression is matched
 * against the wall clock. When its hour field is `*`, the wall-clock step to the next tick is added to the instant,
 * so that a repeated hour ticks twice and a skipped one not at all. Otherwise the tick's wall-clock time is placed
 * in the zone, with the second of two instants, and the hour after a gap.
 */
export class Cron {
  readonly expression: string;
  readonly timezone: string;
  readonly #parserExpression: string;
  readonly #everyHour: boolean;

  /** Throws Airflow's text for an expression that is not acceptable. */
  constructor(expression: string, timezone = "UTC") {
    this.expression = expression;
    this.timezone = timezone;
    this.#parserExpression = toParserSyntax(expression);
    this.#everyHour = expression.trim().split(/\s+/)[1] === "*";
    try {
      CronExpressionParser.parse(this.#parserExpression, { tz: "UTC" });
    } catch {
      throw new Error(`[${expression}] is not acceptable, out of range`);
    }
  }

  /** The first tick after an instant. */
  next(instant: Date): Date {
    const naive = toNaive(instant, this.timezone);
    const tick = this.#parser(naive).next().getTime();
    return this.#everyHour ? new Date(instant.getTime() + tick - naive) : fromNaive(tick, this.timezone);
  }

  /** The last tick before an instant. */
  previous(instant: Date): Date {
    const naive = toNaive(instant, this.timezone);
    const ticks = this.#parser(naive);
    if (this.#everyHour) return new Date(instant.getTime() - (naive - ticks.prev().getTime()));
    // A tick that falls into a gap moves one hour later, and so may come to lie after the instant.
    for (;;) {
      const tick = fromNaive(ticks.prev().getTime(), this.timezone);
      if (tick < instant) return tick;
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

  #parser(naive: number) {
    return CronExpressionParser.parse(this.#parserExpression, { tz: "UTC", currentDate: new Date(naive) });
  }
}

/** cron-parser takes the seconds first, and writes the last Friday `5L`. */
function toParserSyntax(expression: string): string {
  const fields = expression.trim().split(/\s+/);
  const [minute, hour, dayOfMonth, month, dayOfWeek, second = "0"] = fields;
  const parserDayOfWeek = dayOfWeek?.replace(/\bL([0-7])\b/g, "$1L");
  return [second, minute, hour, dayOfMonth, month, parserDayOfWeek].join(" ");
}
