/** A cron expression in the terms of cron-parser. */
export interface ParsedCron {
  /** Expressions with the seconds first, and numbers only; a tick of any of them is a tick of the whole. */
  readonly alternatives: readonly string[];
  /** Whether the hour field takes every hour, however it is written. */
  readonly everyHour: boolean;
}

interface Field {
  readonly name: "minute" | "hour" | "day of month" | "month" | "day of week" | "second";
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const MINUTE: Field = { name: "minute", min: 0, max: 59 };
const HOUR: Field = { name: "hour", min: 0, max: 23 };
const DAY_OF_MONTH: Field = { name: "day of month", min: 1, max: 31 };
const MONTH: Field = { name: "month", min: 1, max: 12, names: MONTHS };
const DAY_OF_WEEK: Field = { name: "day of week", min: 0, max: 6, names: WEEKDAYS };
const SECOND: Field = { name: "second", min: 0, max: 59 };

const RANGE = /^([^-/]+)(?:-([^-/]+))?(?:\/(\d+))?$/;
const NTH_WEEKDAY = /^([^#]+)#([1-5])$/;
const LAST_WEEKDAY = /^l(\d)$/;

/**
 * Reads a cron expression in croniter's syntax, which is Airflow's: five fields, or six with the seconds last; names
 * and lists; ranges that wrap around (`FRI-MON`); `10/5` from 10 on; `MON#2` the second Monday, `L5` the last Friday,
 * `L` the last day of the month. A day matches when it is one of the days of the month or one of the weekdays, where
 * both are restricted. Throws Airflow's text for what is not acceptable.
 */
export function parseCroniter(expression: string): ParsedCron {
  const fields = expression.trim().toLowerCase().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    throw new Error(`[${expression}] is not acceptable, it has ${fields.length} fields instead of 5 or 6`);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek, second = "0"] = fields as [string, string, string, string, string];
  const reader = new FieldReader(expression);
  const hours = reader.values(HOUR, hour);
  const [head, months] = [
    [reader.values(SECOND, second), reader.values(MINUTE, minute), hours].map(toText).join(" "),
    toText(reader.values(MONTH, month)),
  ];
  return {
    alternatives: reader.days(dayOfMonth, dayOfWeek).map(([day, weekday]) => `${head} ${day} ${months} ${weekday}`),
    everyHour: hours === EVERY,
  };
}

const EVERY = "*";
type Values = typeof EVERY | ReadonlySet<number>;

class FieldReader {
  readonly #expression: string;

  constructor(expression: string) {
    this.#expression = expression;
  }

  /** The values of a field; EVERY when it takes them all. */
  values(field: Field, text: string): Values {
    if (text.includes("?")) throw this.#refused("the question mark stands for a day of month or a day of week only");
    const values = this.#list(field, text.split(","));
    return values !== EVERY && values.size === field.max - field.min + 1 ? EVERY : values;
  }

  /** The day of month and day of week of each alternative. */
  days(dayOfMonth: string, dayOfWeek: string): readonly (readonly [day: string, weekday: string])[] {
    const monthDays = this.#daysOfMonth(dayOfMonth, dayOfWeek);
    const { weekdays, special } = this.#weekdays(dayOfWeek, dayOfMonth);
    // croniter lets the second Monday and its kind stand alone, whatever the day of month says.
    if (special.length > 0 && weekdays === undefined) return special.map((day) => [EVERY, day]);
    const alternatives: [string, string][] = special.map((day) => [EVERY, day]);
    if (weekdays !== undefined && weekdays !== EVERY) alternatives.push([EVERY, toText(weekdays)]);
    if (monthDays !== EVERY || alternatives.length === 0) alternatives.push([monthDays, EVERY]);
    return alternatives;
  }

  #daysOfMonth(text: string, other: string): string {
    if (text === "?") return EVERY;
    const items = text.split(",");
    const numbers = items.filter((item) => item !== "l");
    if (numbers.some((item) => item.includes("w"))) throw this.#refused("W is not supported");
    const values = this.#list(DAY_OF_MONTH, numbers);
    if (values === EVERY || takesAll(DAY_OF_MONTH, values, other)) return EVERY;
    return [...[...values].sort((a, b) => a - b).map(String), ...(numbers.length < items.length ? ["L"] : [])].join(
      ",",
    );
  }

  /** Weekdays of every week, and those of one week of the month as cron-parser writes them. */
  #weekdays(
    text: string,
    other: string,
  ): { readonly weekdays: Values | undefined; readonly special: readonly string[] } {
    if (text === "?") return { weekdays: EVERY, special: [] };
    const [plain, special]: [string[], string[]] = [[], []];
    for (const item of text.split(",")) {
      const last = LAST_WEEKDAY.exec(item);
      const nth = NTH_WEEKDAY.exec(item);
      if (last) special.push(`${this.#number(DAY_OF_WEEK, last[1]!)}L`);
      else if (nth) special.push(...[...this.#range(DAY_OF_WEEK, nth[1]!)].map((day) => `${day}#${nth[2]}`));
      else plain.push(item);
    }
    if (plain.length === 0) return { weekdays: undefined, special };
    const weekdays = this.#list(DAY_OF_WEEK, plain);
    const isEvery = weekdays !== EVERY && takesAll(DAY_OF_WEEK, weekdays, other);
    return { weekdays: isEvery ? EVERY : weekdays, special };
  }

  #list(field: Field, items: readonly string[]): Values {
    if (items.includes("*")) return EVERY;
    return new Set(items.flatMap((item) => [...this.#range(field, item)]));
  }

  *#range(field: Field, item: string): Generator<number> {
    const match = RANGE.exec(item);
    if (match === null) throw this.#refused(`${item} is no ${field.name}`);
    const [, from, to, stepText] = match as unknown as [string, string, string | undefined, string | undefined];
    const step = stepText === undefined ? 1 : Number(stepText);
    if (step === 0) throw this.#refused(`step 0 of the ${field.name}`);
    if (from === "*") {
      if (to !== undefined) throw this.#refused(`${item} is no ${field.name}`);
      yield* stepped(field.min, field.max, step);
      return;
    }
    const low = this.#number(field, from);
    if (to === undefined && stepText === undefined) {
      yield low;
      return;
    }
    const high = to === undefined ? field.max : this.#number(field, to);
    // croniter takes a range from a value to itself for a whole round.
    if (low === high) yield* stepped(field.min, field.max, step);
    else if (low < high) yield* stepped(low, high, step);
    else yield* wrapped(field, low, high, step);
  }

  #number(field: Field, text: string): number {
    const named = field.names?.indexOf(text) ?? -1;
    if (named >= 0) return named + field.min;
    if (field === DAY_OF_MONTH && text === "l") return field.max;
    if (!/^\d+$/.test(text)) throw this.#refused(`${text} is no ${field.name}`);
    const value = field === DAY_OF_WEEK && Number(text) === 7 ? 0 : Number(text);
    if (value < field.min || value > field.max) throw this.#refused("out of range");
    return value;
  }

  #refused(why: string): Error {
    return new Error(`[${this.#expression}] is not acceptable, ${why}`);
  }
}

/** Whether one of the two day fields counts as `*`: it takes every value, and the other one has a star somewhere. */
function takesAll(field: Field, values: ReadonlySet<number>, other: string): boolean {
  return values.size === field.max - field.min + 1 && other.includes("*");
}

function* stepped(from: number, to: number, step: number): Generator<number> {
  for (let value = from; value <= to; value += step) yield value;
}

/** From `low` to the end of the field and on from its start to `high`; croniter's steps land one late after the turn. */
function* wrapped({ min, max }: Field, low: number, high: number, step: number): Generator<number> {
  yield* stepped(low, max, step);
  const left = (max - low) % step;
  yield* stepped(min + (left < step - 1 ? step - left : 0), high, step);
}

function toText(values: Values): string {
  return values === EVERY ? EVERY : [...values].sort((a, b) => a - b).join(",");
}
