import { fromNaive, toNaive } from "#sdk/zoned-time.ts";

const DAY_MS = 86_400_000;
const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June", "July"],
  ...["August", "September", "October", "November", "December"],
];

const pad = (value: number, width = 2) => String(value).padStart(width, "0");

/** A span of time, as Python's `timedelta`. */
export class TimeDelta {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }

  /** As Python prints it: `1 day, 2:03:04`. */
  toString(): string {
    const days = Math.floor(this.ms / DAY_MS);
    const rest = this.ms - days * DAY_MS;
    const seconds = Math.floor(rest / 1000);
    const fraction = rest % 1000 === 0 ? "" : `.${pad(Math.round((rest % 1000) * 1000), 6)}`;
    const clock = `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}${fraction}`;
    return days === 0 ? clock : `${days} day${Math.abs(days) === 1 ? "" : "s"}, ${clock}`;
  }
}

/** An instant with the zone that its fields are read in, as a `datetime` in Airflow's templates; naive without a zone. */
export class DateValue {
  readonly ms: number;
  readonly zone: string | null;
  /** @param ms since 1970; of a naive date, as if it were in UTC */
  constructor(ms: number, zone: string | null = "UTC") {
    this.ms = ms;
    this.zone = zone;
  }

  static fromIso(iso: string): DateValue {
    return new DateValue(Date.parse(iso));
  }

  /** The date whose UTC fields are those of this one in its zone. */
  get fields(): Date {
    return this.zone === null ? new Date(this.ms) : new Date(toNaive(new Date(this.ms), this.zone));
  }

  /** Minutes that the zone is ahead of UTC then. */
  get offset(): number {
    return (this.fields.getTime() - this.ms) / 60_000;
  }

  /** The same clock fields changed, in the same zone. */
  withFields(change: (fields: Date) => void): DateValue {
    const fields = this.fields;
    change(fields);
    if (this.zone === null) return new DateValue(fields.getTime(), null);
    return new DateValue(fromNaive(fields.getTime(), this.zone).getTime(), this.zone);
  }

  iso(separator = "T"): string {
    const { fields } = this;
    const ms = fields.getUTCMilliseconds();
    const text = fields.toISOString().slice(0, 19).replace("T", separator);
    return `${text}${ms === 0 ? "" : `.${pad(ms, 3)}000`}${this.zone === null ? "" : this.offsetText(":")}`;
  }

  offsetText(separator: string): string {
    const minutes = Math.abs(this.offset);
    return `${this.offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}${separator}${pad(minutes % 60)}`;
  }

  /** As Python prints a `datetime`. */
  toString(): string {
    return this.iso(" ");
  }
}

/** The five forms in which Airflow gives dates to templates. */
export const DATE_FORMS: Readonly<Record<string, (date: DateValue) => string>> = {
  ds: (date) => strftime(date, "%Y-%m-%d"),
  ds_nodash: (date) => strftime(date, "%Y%m%d"),
  ts: (date) => date.iso(),
  ts_nodash: (date) => strftime(date, "%Y%m%dT%H%M%S"),
  ts_nodash_with_tz: (date) =>
    date
      .iso()
      .replaceAll(/[-:](?=\d\d)/g, "")
      .replace(/\.\d+/, ""),
};

/** ISO's weekday: Monday is 1. */
export const isoWeekday = (fields: Date): number => fields.getUTCDay() || 7;

export function dayOfYear(fields: Date): number {
  return Math.floor((fields.getTime() - Date.UTC(fields.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
}

/** ISO's year and week. */
export function isoWeek(fields: Date): { year: number; week: number } {
  const thursday = new Date(fields.getTime() + (4 - isoWeekday(fields)) * DAY_MS);
  return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) };
}

/** Formats a date by Python's `strftime` codes. Throws on a code that it does not know. */
export function strftime(date: DateValue, format: string): string {
  return format.replaceAll(/%(-?)([\s\S]|$)/g, (whole, dash: string, code: string) => {
    const write = STRFTIME[code];
    if (write === undefined) throw new Error(`strftime does not know "${whole}" of "${format}"`);
    const text = write(date.fields, date);
    return dash === "" ? text : text.replace(/^0+(?=.)/, "");
  });
}

const STRFTIME: Readonly<Record<string, (fields: Date, date: DateValue) => string>> = {
  Y: (d) => pad(d.getUTCFullYear(), 4),
  m: (d) => pad(d.getUTCMonth() + 1),
  d: (d) => pad(d.getUTCDate()),
  H: (d) => pad(d.getUTCHours()),
  I: (d) => pad(d.getUTCHours() % 12 || 12),
  M: (d) => pad(d.getUTCMinutes()),
  S: (d) => pad(d.getUTCSeconds()),
  f: (d) => pad(d.getUTCMilliseconds() * 1000, 6),
  p: (d) => (d.getUTCHours() < 12 ? "AM" : "PM"),
  y: (d) => pad(d.getUTCFullYear() % 100),
  j: (d) => pad(dayOfYear(d), 3),
  A: (d) => DAYS[isoWeekday(d) - 1]!,
  a: (d) => DAYS[isoWeekday(d) - 1]!.slice(0, 3),
  B: (d) => MONTHS[d.getUTCMonth()]!,
  b: (d) => MONTHS[d.getUTCMonth()]!.slice(0, 3),
  h: (d) => MONTHS[d.getUTCMonth()]!.slice(0, 3),
  u: (d) => String(isoWeekday(d)),
  w: (d) => String(d.getUTCDay()),
  e: (d) => String(d.getUTCDate()).padStart(2, " "),
  G: (d) => pad(isoWeek(d).year, 4),
  V: (d) => pad(isoWeek(d).week),
  U: (d) => pad(Math.floor((dayOfYear(d) + 6 - d.getUTCDay()) / 7)),
  W: (d) => pad(Math.floor((dayOfYear(d) + 7 - isoWeekday(d)) / 7)),
  F: (_, date) => strftime(date, "%Y-%m-%d"),
  T: (_, date) => strftime(date, "%H:%M:%S"),
  D: (_, date) => strftime(date, "%m/%d/%y"),
  R: (_, date) => strftime(date, "%H:%M"),
  c: (_, date) => strftime(date, "%a %b %e %H:%M:%S %Y"),
  x: (_, date) => strftime(date, "%m/%d/%y"),
  X: (_, date) => strftime(date, "%H:%M:%S"),
  s: (_, date) => String(Math.floor(date.ms / 1000)),
  z: (_, date) => (date.zone === null ? "" : date.offsetText("")),
  Z: (_, date) => date.zone ?? "",
  n: () => "\n",
  t: () => "\t",
  "%": () => "%",
};

/** Codes of `strptime`: what each matches, and what it sets. */
const STRPTIME: Readonly<Record<string, readonly [pattern: string, field: string]>> = {
  Y: ["\\d{4}", "year"],
  y: ["\\d{2}", "shortYear"],
  m: ["\\d{1,2}", "month"],
  d: ["\\d{1,2}", "day"],
  H: ["\\d{1,2}", "hour"],
  I: ["\\d{1,2}", "hour"],
  M: ["\\d{1,2}", "minute"],
  S: ["\\d{1,2}", "second"],
  f: ["\\d{1,6}", "fraction"],
  B: [MONTHS.join("|"), "monthName"],
  b: [MONTHS.map((name) => name.slice(0, 3)).join("|"), "monthName"],
  A: [DAYS.join("|"), "weekday"],
  a: [DAYS.map((name) => name.slice(0, 3)).join("|"), "weekday"],
  j: ["\\d{1,3}", "dayOfYear"],
  p: ["AM|PM", "half"],
  z: ["Z|[+-]\\d{2}:?\\d{2}", "offset"],
};

/** Reads a date by Python's `strptime` codes. Throws Python's text when the date does not match. */
export function strptime(text: string, format: string): DateValue {
  const read: string[] = [];
  const pattern = format.replaceAll(/%([\s\S]|$)|[\s\S]/g, (whole, code?: string) => {
    if (code === undefined) return whole.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
    if (code === "%") return "%";
    const known = STRPTIME[code];
    if (known === undefined) throw new Error(`'${code}' is a bad directive in format '${format}'`);
    read.push(known[1]);
    return `(${known[0]})`;
  });
  const match = new RegExp(`^${pattern}$`, "i").exec(text);
  if (match === null) throw new Error(`time data '${text}' does not match format '${format}'`);
  const values = new Map(read.map((field, index) => [field, match[index + 1]!]));
  return dateOf(values, text, format);
}

function dateOf(values: ReadonlyMap<string, string>, text: string, format: string): DateValue {
  const number = (field: string, otherwise: number) => Number(values.get(field) ?? otherwise);
  const short = number("shortYear", 0);
  const year = values.has("shortYear") ? short + (short < 69 ? 2000 : 1900) : number("year", 1900);
  const named = values.get("monthName")?.slice(0, 3).toLowerCase();
  const month =
    named === undefined ? number("month", 1) : MONTHS.findIndex((name) => name.slice(0, 3).toLowerCase() === named) + 1;
  const half = values.get("half")?.toUpperCase();
  const hour = half === undefined ? number("hour", 0) : (number("hour", 12) % 12) + (half === "PM" ? 12 : 0);
  const fraction = Number((values.get("fraction") ?? "0").padEnd(6, "0")) / 1000;
  const [minute, second, dayNumber] = [number("minute", 0), number("second", 0), values.get("dayOfYear")];
  const day = dayNumber === undefined ? number("day", 1) : Number(dayNumber);
  const ms = Date.UTC(year, dayNumber === undefined ? month - 1 : 0, day, hour, minute, second) + fraction;
  const fits = dayNumber !== undefined || new Date(ms).getUTCDate() === day;
  if (!fits || month > 12 || hour > 23 || minute > 59 || second > 61) {
    throw new Error(`time data '${text}' does not match format '${format}'`);
  }
  const offset = values.get("offset");
  if (offset === undefined) return new DateValue(ms, null);
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(offset) ?? ["", "+", "0", "0"];
  return new DateValue(ms - (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000);
}
