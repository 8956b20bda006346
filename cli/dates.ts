import { DaisyError } from "#core/errors.ts";

/**
 * A date as users of Airflow write it: `2019-01-01`, `2019-01-01T12:00:00+00:00`, also with a blank for the T and up
 * to microseconds; UTC when no zone is given.
 * @throws {DaisyError} DATE_INVALID
 */
export function parseDate(text: string): Date {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(
    text.trim(),
  );
  const [, day, time = "00:00", zone = "Z"] = match ?? [];
  const colon = zone.replace(/^([+-]\d{2})(\d{2})$/, "$1:$2");
  const date = new Date(`${day}T${time}${colon}`);
  // JavaScript takes the 31st of February for a day in March.
  const real = !Number.isNaN(date.getTime()) && new Date(`${day}T00:00Z`).toISOString().startsWith(day!);
  if (match === null || !real) throw new DaisyError("DATE_INVALID", text);
  return date;
}

/** The same second without its fraction, as dates from the command line are in Airflow. */
export function withoutFraction(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1_000) * 1_000);
}
