/** A date as Airflow writes it, `2019-01-01T00:00:00+00:00`, with six decimals when it has a fraction of a second. */
export function isoDate(date: Date): string {
  const [seconds, milliseconds] = date.toISOString().slice(0, -1).split(".") as [string, string];
  return `${seconds}${milliseconds === "000" ? "" : `.${milliseconds}000`}+00:00`;
}
