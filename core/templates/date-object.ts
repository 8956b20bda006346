import { DATE_FORMS, DateValue, dayOfYear, isoWeek, isoWeekday, strftime, TimeDelta } from "./date-value.ts";

/** The keys by which a date or a span is known again when a template gives it back. */
const DATE = "date__";
const SPAN = "span__";

/** Named arguments of a call, as MiniJinja hands them over: last, in a map. */
export type Named = Readonly<Record<string, unknown>>;
type Method = (args: readonly unknown[], named: Named) => unknown;

const UNITS: Readonly<Record<string, number>> = {
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
  microseconds: 0.001,
};
/** The order of `timedelta`'s arguments. */
const SPAN_ORDER = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];

/** A span from the arguments of Python's `timedelta`. */
export function spanOf(args: readonly unknown[], named: Named): TimeDelta {
  const given: Record<string, unknown> = { ...named };
  for (const [index, value] of args.filter((value) => value !== named).entries())
    given[SPAN_ORDER[index] ?? `argument ${index + 1}`] = value;
  let ms = 0;
  for (const [unit, value] of Object.entries(given)) {
    if (UNITS[unit] === undefined || typeof value !== "number")
      throw new Error(`timedelta takes numbers of ${SPAN_ORDER.join(", ")}, not ${unit}=${String(value)}`);
    ms += UNITS[unit] * value;
  }
  return new TimeDelta(ms);
}

/** A date moved by years to microseconds, as pendulum's `add`; by months, its day is that month's last at most. */
function moved(date: DateValue, direction: 1 | -1, named: Named): DateValue {
  const { years = 0, months = 0, ...rest } = named as Record<string, number>;
  let result = date;
  const monthsAway = direction * (years * 12 + months);
  if (monthsAway !== 0) {
    result = date.withFields((fields) => {
      const day = fields.getUTCDate();
      fields.setUTCDate(1);
      fields.setUTCMonth(fields.getUTCMonth() + monthsAway);
      const last = new Date(Date.UTC(fields.getUTCFullYear(), fields.getUTCMonth() + 1, 0)).getUTCDate();
      fields.setUTCDate(Math.min(day, last));
    });
  }
  const { weeks = 0, days = 0, ...clock } = rest;
  if (weeks !== 0 || days !== 0) {
    // A day is a day of the calendar, however long its zone makes it.
    const count = direction * (weeks * 7 + days);
    result = result.withFields((fields) => fields.setUTCDate(fields.getUTCDate() + count));
  }
  return new DateValue(result.ms + direction * spanOf([], clock).ms, result.zone);
}

const FIELD_SETTERS: Readonly<Record<string, (fields: Date, value: number) => void>> = {
  year: (fields, value) => fields.setUTCFullYear(value),
  month: (fields, value) => fields.setUTCMonth(value - 1),
  day: (fields, value) => fields.setUTCDate(value),
  hour: (fields, value) => fields.setUTCHours(value),
  minute: (fields, value) => fields.setUTCMinutes(value),
  second: (fields, value) => fields.setUTCSeconds(value),
  microsecond: (fields, value) => fields.setUTCMilliseconds(Math.floor(value / 1000)),
};

function replaced(date: DateValue, named: Named): DateValue {
  return date.withFields((fields) => {
    for (const [name, value] of Object.entries(named)) {
      const set = FIELD_SETTERS[name];
      if (set === undefined || typeof value !== "number") throw new Error(`replace() does not take ${name}`);
      set(fields, value);
    }
  });
}

function startOf(date: DateValue, unit: unknown): DateValue {
  return date.withFields((fields) => {
    if (unit === "week") fields.setUTCDate(fields.getUTCDate() - isoWeekday(fields) + 1);
    else if (unit === "year") fields.setUTCMonth(0, 1);
    else if (unit === "month") fields.setUTCDate(1);
    else if (unit === "hour") fields.setUTCMinutes(0, 0, 0);
    else if (unit === "minute") fields.setUTCSeconds(0, 0);
    else if (unit !== "day") throw new Error(`start_of() takes year, month, week, day, hour or minute, not ${unit}`);
    if (unit !== "hour" && unit !== "minute") fields.setUTCHours(0, 0, 0, 0);
  });
}

const METHODS: Readonly<Record<string, (date: DateValue) => Method>> = {
  strftime: (date) => (args) => strftime(date, String(args[0])),
  isoformat: (date) => () => date.iso(),
  timestamp: (date) => () => date.ms / 1000,
  add: (date) => (_, named) => moved(date, 1, named),
  subtract: (date) => (_, named) => moved(date, -1, named),
  replace: (date) => (_, named) => replaced(date, named),
  start_of: (date) => (args) => startOf(date, args[0]),
  in_timezone: (date) => (args) => new DateValue(date.ms, String(args[0])),
  in_tz: (date) => (args) => new DateValue(date.ms, String(args[0])),
  astimezone: (date) => (args) => new DateValue(date.ms, String(args[0])),
  date: (date) => () => strftime(date, "%Y-%m-%d"),
  time: (date) => () => strftime(date, "%H:%M:%S"),
  naive: (date) => () => new DateValue(date.fields.getTime(), null),
  weekday: (date) => () => isoWeekday(date.fields) - 1,
  isoweekday: (date) => () => isoWeekday(date.fields),
  to_date_string: (date) => () => strftime(date, "%Y-%m-%d"),
  to_time_string: (date) => () => strftime(date, "%H:%M:%S"),
  to_datetime_string: (date) => () => strftime(date, "%Y-%m-%d %H:%M:%S"),
  to_iso8601_string: (date) => () => date.iso().replace(/\+00:00$/, "Z"),
};

/** A date as templates see it: its fields and methods. @param call makes a function that templates can call */
export function dateObject(date: DateValue, call: (method: Method) => unknown): Record<string, unknown> {
  const { fields } = date;
  const methods = Object.entries(METHODS).map(([name, of]) => [name, call(of(date))]);
  return {
    [DATE]: `${date.ms} ${date.zone ?? ""}`,
    year: fields.getUTCFullYear(),
    month: fields.getUTCMonth() + 1,
    day: fields.getUTCDate(),
    hour: fields.getUTCHours(),
    minute: fields.getUTCMinutes(),
    second: fields.getUTCSeconds(),
    microsecond: fields.getUTCMilliseconds() * 1000,
    quarter: Math.floor(fields.getUTCMonth() / 3) + 1,
    day_of_week: isoWeekday(fields) - 1,
    day_of_year: dayOfYear(fields),
    week_of_year: isoWeek(fields).week,
    int_timestamp: Math.floor(date.ms / 1000),
    timezone_name: date.zone,
    ...Object.fromEntries(methods),
  };
}

/** A span as templates see it. */
export function spanObject(span: TimeDelta, call: (method: Method) => unknown): Record<string, unknown> {
  const days = Math.floor(span.ms / UNITS.days!);
  return {
    [SPAN]: span.ms,
    days,
    seconds: Math.floor((span.ms - days * UNITS.days!) / 1000),
    total_seconds: call(() => span.ms / 1000),
  };
}

/** The date or span that a template gave back, or undefined when an object is something else. */
export function readObject(object: ReadonlyMap<unknown, unknown>): DateValue | TimeDelta | undefined {
  const date = object.get(DATE);
  if (typeof date === "string") {
    const [ms, zone] = date.split(" ");
    return new DateValue(Number(ms), zone === "" ? null : zone);
  }
  const span = object.get(SPAN);
  return typeof span === "number" ? new TimeDelta(span) : undefined;
}

/** A date that a filter or macro was given: a date, or a text of one. */
export function dateArgument(caller: string, value: unknown): DateValue {
  if (value instanceof DateValue) return value;
  if (typeof value === "string" && !Number.isNaN(Date.parse(value))) return DateValue.fromIso(zoned(value));
  throw new Error(`${caller} takes a date, not ${value === undefined ? "an undefined value" : JSON.stringify(value)}`);
}

/** A text of a date without a zone is in UTC. */
export function zoned(text: string): string {
  const withT = text.trim().replace(/^(\d{4}-\d{2}-\d{2}) (?=\d)/, "$1T");
  return /T.*(?:Z|[-+]\d{2}:?\d{2})$/.test(withT) || !withT.includes("T") ? withT : `${withT}Z`;
}

/** Airflow's filters, which write a date in one of five forms. */
export const DATE_FILTERS: Readonly<Record<string, (value: unknown) => string>> = Object.fromEntries(
  Object.entries(DATE_FORMS).map(([name, form]) => [
    name,
    (value: unknown) => form(dateArgument(`The filter ${name}`, value)),
  ]),
);
