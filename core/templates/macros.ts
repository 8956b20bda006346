import { randomUUID } from "node:crypto";
import { dateArgument, type Named, spanOf, zoned } from "./date-object.ts";
import { DateValue, strftime, strptime } from "./date-value.ts";
import { pythonJson } from "./python-text.ts";
import { dumpYaml, loadYaml } from "./yaml.ts";

type Macro = (args: readonly unknown[], named: Named) => unknown;
/** Functions by name, in modules as Airflow's `macros` has them. */
export interface Macros {
  readonly [name: string]: Macro | Macros;
}

/** The argument at a place, or by its name. */
function argument(args: readonly unknown[], named: Named, index: number, name: string): unknown {
  return args[index] === undefined || args[index] === named ? named[name] : args[index];
}

function textArgument(caller: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new Error(`${caller} takes a text, not ${value === undefined ? "an undefined value" : JSON.stringify(value)}`);
}

const now = () => new DateValue(Date.now());

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** How far a date is from another, in words: pendulum's `diff_for_humans`. */
function differenceInWords(date: DateValue, since: DateValue | undefined): string {
  const seconds = Math.round(((since?.ms ?? Date.now()) - date.ms) / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  const count = Math.floor(Math.abs(seconds) / size);
  const words =
    unit === "second" && since === undefined && count < 10
      ? "a few seconds"
      : `${count} ${unit}${count === 1 ? "" : "s"}`;
  if (since === undefined) return seconds < 0 ? `in ${words}` : `${words} ago`;
  return `${words} ${seconds < 0 ? "after" : "before"}`;
}

function newDate(args: readonly unknown[], named: Named): DateValue {
  const names = ["year", "month", "day", "hour", "minute", "second", "microsecond"];
  const values = names.map((name, index) => Number(argument(args, named, index, name) ?? (index < 3 ? Number.NaN : 0)));
  const [year, month, day, hour, minute, second, micro] = values as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) + micro / 1000;
  if (Number.isNaN(ms)) throw new Error("datetime takes at least year, month and day");
  return new DateValue(ms, null);
}

/** Airflow's macros (`airflow.sdk.execution_time.macros`). */
export const MACROS: Macros = {
  ds_add: (args, named) => {
    const date = strptime(textArgument("ds_add", argument(args, named, 0, "ds")), "%Y-%m-%d");
    const days = argument(args, named, 1, "days");
    if (typeof days !== "number") throw new Error(`ds_add takes a number of days, not ${JSON.stringify(days)}`);
    return strftime(
      date.withFields((fields) => fields.setUTCDate(fields.getUTCDate() + days)),
      "%Y-%m-%d",
    );
  },
  ds_format: (args, named) => {
    const [ds, input, output] = ["ds", "input_format", "output_format"].map((name, index) =>
      textArgument("ds_format", argument(args, named, index, name)),
    );
    return strftime(strptime(ds!, input!), output!);
  },
  datetime_diff_for_humans: (args, named) => {
    const since = argument(args, named, 1, "since_date");
    const date = dateArgument("datetime_diff_for_humans", argument(args, named, 0, "dt"));
    return differenceInWords(
      date,
      since === undefined || since === null ? undefined : dateArgument("datetime_diff_for_humans", since),
    );
  },
  timedelta: spanOf,
  datetime: {
    new__: newDate,
    now: now,
    utcnow: now,
    today: now,
    strptime: (args) => strptime(textArgument("strptime", args[0]), textArgument("strptime", args[1])),
    fromisoformat: (args) => DateValue.fromIso(zoned(textArgument("fromisoformat", args[0]))),
    fromtimestamp: (args) => new DateValue(Number(args[0]) * 1000),
  },
  dateutil: { parser: { parse: (args) => dateArgument("parse", args[0]) } },
  time: { time: () => Date.now() / 1000, strftime: (args) => strftime(now(), textArgument("strftime", args[0])) },
  uuid: { uuid4: () => randomUUID() },
  random: () => Math.random(),
  json: {
    dumps: (args, named) =>
      pythonJson(args[0], { indent: named.indent as number | undefined, sortKeys: named.sort_keys === true }),
    loads: (args) => JSON.parse(textArgument("loads", args[0])) as unknown,
  },
  yaml: { dump: dump, safe_dump: dump, load: loadText, safe_load: loadText },
};

function dump(args: readonly unknown[], named: Named): string {
  return dumpYaml(args[0], named);
}

function loadText(args: readonly unknown[]): unknown {
  return loadYaml(textArgument("yaml.safe_load", args[0]));
}
