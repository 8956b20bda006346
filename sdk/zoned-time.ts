const formats = new Map<string, Intl.DateTimeFormat>();
const DAY_MS = 86_400_000;

/** A wall-clock time without a zone, as the milliseconds that the same time in UTC would have. */
export type NaiveTime = number;

/** The wall-clock time in a zone at an instant. */
export function toNaive(instant: Date, timezone: string): NaiveTime {
  return instant.getTime() + offsetAt(instant.getTime(), timezone);
}

/**
 * The instant of a wall-clock time in a zone, by Airflow's rule (`make_aware` with fold 1): of two, the second; in
 * a gap, as much later as the gap is wide.
 */
export function fromNaive(naive: NaiveTime, timezone: string): Date {
  const [before, after] = [offsetAt(naive - DAY_MS, timezone), offsetAt(naive + DAY_MS, timezone)];
  const exists = (offset: number) => offsetAt(naive - offset, timezone) === offset;
  if (exists(after)) return new Date(naive - after);
  // Either only the earlier offset gives this wall clock, or none does: a gap, which the earlier offset steps over.
  return new Date(naive - before);
}

/** Milliseconds that a zone's clocks are ahead of UTC at an instant. */
function offsetAt(instant: number, timezone: string): number {
  if (timezone === "UTC") return 0;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(timezone).formatToParts(instant)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  const wallClock = Date.UTC(year!, month! - 1, day, hour, minute, second);
  return wallClock - Math.floor(instant / 1000) * 1000;
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(timezone, format);
  return format;
}
