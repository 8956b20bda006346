/** The columns of the workshop's data file, in its order. */
export const TAXI_COLUMNS = [
  "pickup_community_area",
  "fare",
  "trip_start_month",
  "trip_start_hour",
  "trip_start_day",
  "trip_start_timestamp",
  "pickup_latitude",
  "pickup_longitude",
  "dropoff_latitude",
  "dropoff_longitude",
  "trip_miles",
  "pickup_census_tract",
  "dropoff_census_tract",
  "payment_type",
  "company",
  "trip_seconds",
  "dropoff_community_area",
  "tips",
] as const;

/** One taxi trip; an absent or empty cell is a missing value. */
export type TaxiTrip = Partial<Record<(typeof TAXI_COLUMNS)[number], string | number>>;

/** The trips as CSV with a header line. No cell of the data set needs quotes; one that would is quoted all the same. */
export function toCsv(trips: readonly TaxiTrip[]): string {
  const lines = trips.map((trip) => TAXI_COLUMNS.map((column) => cell(trip[column])).join(","));
  return `${[TAXI_COLUMNS.join(","), ...lines].join("\n")}\n`;
}

function cell(value: string | number | undefined): string {
  const text = value === undefined ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The calendar columns of a start time, as the workshop's file has them: Sunday is day 1, and times are UTC. */
export function calendarColumns(start: Date): TaxiTrip {
  return {
    trip_start_month: start.getUTCMonth() + 1,
    trip_start_hour: start.getUTCHours(),
    trip_start_day: start.getUTCDay() + 1,
    trip_start_timestamp: start.getTime() / 1000,
  };
}
