import { addSeconds, type Ticks } from "./timetable.ts";

/**
 * Steps of one length in absolute time (`airflow/timetables/_delta.py`): every instant is a tick, and the next one
 * follows it by the length.
 */
export class Delta implements Ticks {
  readonly seconds: number;

  /** Throws Airflow's text for a length that is not positive. */
  constructor(seconds: number) {
    if (typeof seconds !== "number" || !(seconds > 0)) {
      throw new Error(`schedule interval must be positive, not ${JSON.stringify(seconds)} seconds`);
    }
    this.seconds = seconds;
  }

  next(instant: Date): Date {
    return addSeconds(instant, this.seconds);
  }

  previous(instant: Date): Date {
    return addSeconds(instant, -this.seconds);
  }

  alignToNext(instant: Date): Date {
    return instant;
  }

  alignToPrevious(instant: Date): Date {
    return instant;
  }

  /** The last multiple of the length since 1970 that is not after an instant. */
  roundDown(instant: Date): Date {
    const step = this.seconds * 1000;
    return new Date(Math.floor(instant.getTime() / step) * step);
  }

  /** `Delta: 1 day`, `Delta: 1 hour 30 minutes`. */
  get summary(): string {
    return `Delta: ${describeDuration(this.seconds)}`;
  }
}

const UNITS = [
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

function describeDuration(seconds: number): string {
  let rest = seconds;
  const parts: [number, string][] = [];
  for (const [unit, length] of UNITS) {
    // 10 days are easier to read than 1 week 3 days.
    if (unit === "week" && seconds % length !== 0) continue;
    parts.push([Math.floor(rest / length), unit]);
    rest %= length;
  }
  parts.push([Number(rest.toFixed(3)), "second"]);
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`)
    .join(" ");
}
